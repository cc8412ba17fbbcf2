import { fromUtf8 } from '../../bytes/text/text.js';
import { fieldsInRow, type ByteField, type FieldPart } from './byte-field.js';

const TOKEN = /"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+/g;

/** A container that is open: the name of the value at hand in it. */
interface Level {
  readonly isList: boolean;
  name: string;
  index: number;
}

/**
 * The fields of a JSON text: each string, number and the like that is no name, called by the names that lead to it
 * (`cores.0.nextSequence`), with what stands before it. Undefined where the bytes are no JSON.
 */
export function jsonFields(bytes: Uint8Array): ByteField[] | undefined {
  const text = fromUtf8(bytes);
  if (text === undefined || !isJson(text)) return undefined;
  const parts: FieldPart[] = [];
  const levels: Level[] = [];
  let told = 0;
  for (const match of text.matchAll(TOKEN)) {
    const [token] = match;
    const end = match.index + token.length;
    const level = levels.at(-1);
    if (token === '{' || token === '[') levels.push({ isList: token === '[', name: '', index: 0 });
    else if (token === '}' || token === ']') levels.pop();
    else if (token === ',' && level !== undefined) Object.assign(level, { name: '', index: level.index + 1 });
    else if (level !== undefined && !level.isList && level.name === '' && token !== ':')
      level.name = String(JSON.parse(token));
    else if (token !== ':') {
      parts.push(partOf(levels, text.slice(told, end), token));
      told = end;
    }
  }
  parts.push({ name: 'end', bytes: Buffer.byteLength(text.slice(told)) });
  return fieldsInRow(0, parts);
}

function isJson(text: string): boolean {
  try {
    return typeof JSON.parse(text) === 'object';
  } catch {
    return false;
  }
}

function partOf(levels: readonly Level[], bytes: string, token: string): FieldPart {
  const name = levels.map((level) => (level.isList ? String(level.index) : level.name)).join('.');
  return { name, bytes: Buffer.byteLength(bytes), text: token };
}
