import type { Finding } from '../engine/finding.js';
import { TAG_DELETE, TAG_PUT } from '../engine/rkyv/wal-entry-format.js';
import type { WalEntryView } from '../engine/rkyv/wal-entry-view.js';
import type { ByteOutput } from './byte-output.js';
import type { Encodings } from './encoding.js';
import { writeJsonField } from './json-fields.js';
import { ReadableRecords } from './record-lines.js';
import { TabbedRecords } from './record-fields.js';
import {
  keyOf,
  OPERATION_OF_TAG,
  operationFields,
  valueOf,
  type LocatedRecord,
  type RecordOutput,
} from './record-parts.js';
import type { Terminal } from './terminal.js';

/** A readable line for a terminal, tab-separated fields for a pipe, a JSON object for `--json`. */
export function recordOutput(
  terminal: Terminal,
  options: { readonly encodings: Encodings; readonly json: boolean },
): RecordOutput {
  if (options.json) return new JsonRecords(terminal.output, options.encodings);
  return terminal.outputIsTerminal
    ? new ReadableRecords(terminal, options.encodings)
    : new TabbedRecords(terminal.output, options.encodings);
}

class JsonRecords implements RecordOutput {
  readonly #output: ByteOutput;
  readonly #encodings: Encodings;
  #path: string | undefined;
  #pathJson = '';

  constructor(output: ByteOutput, encodings: Encodings) {
    this.#output = output;
    this.#encodings = encodings;
  }

  record({ path, offset, recordBytes, view }: LocatedRecord): void {
    if (path !== this.#path) {
      this.#path = path;
      this.#pathJson = JSON.stringify(path);
    }
    const output = this.#output;
    output.writeText(
      `{"segment":${this.#pathJson},"offset":${offset},"bytes":${recordBytes},"coreId":${view.coreId},` +
        `"epoch":"${view.epoch}","sequence":"${view.sequence}","timestampNs":"${view.timestampNs}",` +
        `"op":"${OPERATION_OF_TAG[view.tag]}"`,
    );
    if (view.tag === TAG_PUT || view.tag === TAG_DELETE) this.#writeEntry(view);
    else output.writeText(`,${JSON.stringify(operationFields(view.operation())).slice(1)}\n`);
  }

  finding(finding: Finding): void {
    this.#output.writeText(`${JSON.stringify({ finding })}\n`);
  }

  #writeEntry(view: WalEntryView): void {
    const output = this.#output;
    output.writeText(',');
    writeJsonField(output, 'key', keyOf(view), this.#encodings.key);
    if (view.tag === TAG_PUT) {
      output.writeText(',');
      writeJsonField(output, 'value', valueOf(view), this.#encodings.value);
    }
    output.writeText('}\n');
  }
}
