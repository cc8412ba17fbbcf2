import { versionFields } from '../../engine/fold/format/position-text.js';
import { toBase64, toHex, toUtf8 } from '../../engine/bytes/text/text.js';
import type { StoredEntry } from '../../engine/store/store.js';
import type { Encoding, Encodings } from '../values/encoding.js';
import { usageError } from '../errors/usage-error.js';
import type { ByteOutput } from '../terminal/byte-output.js';
import { readField } from '../text/field-escapes.js';
import { writeEncoded } from '../text/encoded-field.js';
import { writeJsonText } from '../text/json-text.js';
import { isUtf8 } from '../../engine/bytes/text/text.js';
import { shellQuoted } from './env-lines.js';

/** Writes a part of what stands for an entry. */
type Part = (output: ByteOutput, entry: StoredEntry) => void;

/** How a field is written, by the name behind its colon. */
const FORMS = ['raw', 'text', 'json', 'hex', 'base64', 'sh', 'bytes'] as const;
type Form = (typeof FORMS)[number];

const FIELDS = ['key', 'value', 'version', 'revision'] as const;

/** `{key}`, `{value:json}`; a brace by itself is doubled. */
const PLACE = /\{\{|\}\}|\{([^{}]*)\}|[{}]/g;
const EXAMPLES = `such as '{key}={value:json}\\n'; docs/commands/scan.md has all fields`;

/**
 * The parts of a template: text with the escapes of `key<TAB>value` lines, and places for fields. Nothing is added to it.
 * @throws StatelogError `INVALID_ARGUMENT`
 */
export function parseTemplate(template: string, encodings: Encodings): Part[] {
  const parts: Part[] = [];
  let at = 0;
  let text = '';
  for (const { 0: place, 1: inside, index } of template.matchAll(PLACE)) {
    text += template.slice(at, index);
    at = index + place.length;
    if (place === '{{' || place === '}}') {
      text += place.slice(1);
      continue;
    }
    if (inside === undefined)
      throw usageError(`--format has a ${place} by itself`, `double it, or write a place, ${EXAMPLES}`);
    parts.push(literal(text), fieldPart(inside, encodings));
    text = '';
  }
  parts.push(literal(text + template.slice(at)));
  return parts;
}

function literal(text: string): Part {
  const bytes = readField(toUtf8(text.replaceAll('\\0', '\\x00')));
  if (bytes === undefined)
    throw usageError('--format has an unknown escape', 'escapes are \\t \\n \\r \\0 \\\\ and \\xHH');
  return (output) => {
    output.write(bytes);
  };
}

function fieldPart(inside: string, encodings: Encodings): Part {
  const [field = '', form = ''] = inside.split(':', 2);
  if (!isOneOf(FIELDS, field) || (form !== '' && !isOneOf(FORMS, form)))
    throw usageError(`--format has {${inside}}, which is no field`, EXAMPLES);
  if (field === 'version' || field === 'revision') {
    if (form !== '') throw usageError(`--format has {${inside}}: a ${field} has one form`, EXAMPLES);
    return (output, { version }) => {
      output.writeText(versionFields(version)[field] ?? '');
    };
  }
  const write = writerOf(form === '' ? 'raw' : form, encodings[field]);
  return (output, entry) => {
    write(output, entry[field]);
  };
}

function writerOf(form: Form, encoding: Encoding): (output: ByteOutput, bytes: Uint8Array) => void {
  switch (form) {
    case 'raw':
      return (output, bytes) => {
        if (encoding === 'utf8') output.write(bytes);
        else writeEncoded(output, bytes, encoding);
      };
    case 'text':
      return (output, bytes) => {
        writeEncoded(output, bytes, encoding);
      };
    case 'json':
      return (output, bytes) => {
        if (encoding === 'utf8' && isUtf8(bytes)) writeJsonText(output, bytes, 0, bytes.length);
        else output.writeText(JSON.stringify(encoding === 'hex' ? toHex(bytes) : toBase64(bytes)));
      };
    case 'hex':
      return (output, bytes) => {
        output.writeText(toHex(bytes));
      };
    case 'base64':
      return (output, bytes) => {
        output.writeText(toBase64(bytes));
      };
    case 'sh':
      return (output, bytes) => {
        output.write(shellQuoted(bytes));
      };
    case 'bytes':
      return (output, bytes) => {
        output.writeText(String(bytes.length));
      };
  }
}

function isOneOf<Name extends string>(names: readonly Name[], name: string): name is Name {
  return (names as readonly string[]).includes(name);
}
