import type { KeyChanged, WatchEvent } from '../../engine/inspect/watch/watch-step.js';
import { positionText, versionFields } from '../../engine/fold/format/position-text.js';
import type { Encodings } from '../values/encoding.js';
import { shownText } from '../terminal/shown/shown-text.js';
import type { Terminal } from '../terminal/terminal.js';
import { visibleText } from '../terminal/shown/visible-text.js';
import { writeEncoded, writeValue } from '../text/encoded-field.js';
import { jsonField, writeJsonField } from '../text/json-fields.js';
import { redactedText, redactedValue } from '../text/redaction.js';

/** How changes are printed. */
export interface ChangeForm {
  readonly encodings: Encodings;
  readonly json: boolean;
  readonly redact: boolean;
}

/** Fields of JSON that go as they are into a line. */
type Fields = Readonly<Record<string, string | number>>;

/** Prints changes: one JSON object a line, or the operation, the key and the value with a TAB between them. */
export class ChangeOutput {
  readonly #terminal: Terminal;
  readonly #form: ChangeForm;

  constructor(terminal: Terminal, form: ChangeForm) {
    this.#terminal = terminal;
    this.#form = form;
  }

  write(event: WatchEvent): void {
    const { output } = this.#terminal;
    if (event.op === 'replaced') output.writeText(this.#form.json ? '{"op":"replaced"}\n' : 'replaced\n');
    else if (event.op !== 'cursor') this.#change(event);
    else if (this.#form.json) output.writeText(`{"op":"cursor","cursor":"${positionText(event.cursor)}"}\n`);
  }

  #change(change: KeyChanged): void {
    if (this.#form.json) this.#json(change);
    else if (this.#terminal.outputIsTerminal) this.#shown(change);
    else this.#tabbed(change);
  }

  #json({ op, key, value, version, record }: KeyChanged): void {
    const { output } = this.#terminal;
    const { encodings, redact } = this.#form;
    output.writeText(`{"op":"${op}",`);
    writeJsonField(output, 'key', key, encodings.key);
    if (value !== undefined && !redact) {
      output.writeText(',');
      writeJsonField(output, 'value', value, encodings.value);
    }
    const rest: Fields = {
      ...(value === undefined || !redact ? {} : redactedValue(value)),
      ...versionFields(version),
      ...(record === undefined
        ? {}
        : {
            coreId: record.coreId,
            epoch: String(record.epoch),
            sequence: String(record.sequence),
            timestampNs: String(record.timestampNs),
          }),
    };
    for (const [name, field] of Object.entries(rest))
      output.writeText(`,${JSON.stringify(name)}:${JSON.stringify(field)}`);
    output.writeText('}\n');
  }

  #tabbed({ op, key, value }: KeyChanged): void {
    const { output } = this.#terminal;
    output.writeText(`${op}\t`);
    writeEncoded(output, key, this.#form.encodings.key);
    if (value !== undefined) {
      output.writeText('\t');
      writeValue(output, value, this.#form);
    }
    output.writeText('\n');
  }

  #shown({ op, key, value }: KeyChanged): void {
    const { encodings, redact } = this.#form;
    const words = [op.padEnd(6), shownText(key, encodings.key)];
    if (value !== undefined) words.push(redact ? redactedText(value) : shownText(value, encodings.value));
    this.#terminal.output.writeText(`${words.join('  ')}\n`);
  }
}

/** The remark on a command that failed, without the end of its line. */
export function failureLine(how: string, event: WatchEvent, encodings: Encodings, json: boolean): string {
  const key = 'key' in event ? event.key : undefined;
  if (json) {
    const named = key === undefined ? {} : jsonField('key', key, encodings.key);
    return JSON.stringify({ failed: { op: event.op, ...named, message: `the command ${how}` } });
  }
  const where = key === undefined ? event.op : `the key ${shownText(key, encodings.key)}`;
  return visibleText(`statelog: the command ${how} for ${where}`);
}
