import type { Finding } from '../../../engine/finding.js';
import { OPERATIONS } from '../../../engine/inspect/replay/replay-filter.js';
import { TAG_DELETE, TAG_PUT } from '../../../engine/rkyv/entry/wal-entry-format.js';
import type { WalEntryView } from '../../../engine/rkyv/entry/wal-entry-view.js';
import type { ByteOutput } from '../../terminal/byte-output.js';
import { writeJsonField } from '../../text/json-fields.js';
import type { RecordDump } from './record-dump.js';
import { ReadableRecords } from './record-lines.js';
import { TabbedRecords } from './record-fields.js';
import {
  keyOf,
  operationFields,
  valueOf,
  type LocatedRecord,
  type RecordForm,
  type RecordOutput,
} from './record-parts.js';
import { redactedValue } from '../../text/redaction.js';
import type { Terminal } from '../../terminal/terminal.js';

/** How records are printed. */
export interface RecordOutputOptions extends RecordForm {
  readonly json: boolean;
  /** Prints the records' bytes, too. */
  readonly dump: RecordDump | undefined;
}

/** A readable line for a terminal, tab-separated fields for a pipe, a JSON object for `--json`. */
export function recordOutput(terminal: Terminal, options: RecordOutputOptions): RecordOutput {
  const { json, dump } = options;
  if (json) return new JsonRecords(terminal.output, options);
  const lines = terminal.outputIsTerminal
    ? new ReadableRecords(terminal, options)
    : new TabbedRecords(terminal.output, options);
  return dump === undefined ? lines : new DumpedRecords(lines, dump);
}

/** Lines with the bytes of each record or fault under them. */
class DumpedRecords implements RecordOutput {
  readonly #lines: RecordOutput;
  readonly #dump: RecordDump;

  constructor(lines: RecordOutput, dump: RecordDump) {
    this.#lines = lines;
    this.#dump = dump;
  }

  record(record: LocatedRecord): void {
    this.#lines.record(record);
    this.#dump.writeRecord(record);
  }

  finding(finding: Finding): void {
    this.#lines.finding(finding);
    this.#dump.writeFinding(finding);
  }
}

class JsonRecords implements RecordOutput {
  readonly #output: ByteOutput;
  readonly #form: RecordForm;
  readonly #dump: RecordDump | undefined;
  #path: string | undefined;
  #pathJson = '';

  constructor(output: ByteOutput, form: RecordOutputOptions) {
    this.#output = output;
    this.#form = form;
    this.#dump = form.dump;
  }

  record(record: LocatedRecord): void {
    const { path, offset, recordBytes, view } = record;
    if (path !== this.#path) {
      this.#path = path;
      this.#pathJson = JSON.stringify(path);
    }
    const output = this.#output;
    output.writeText(
      `{"segment":${this.#pathJson},"offset":${offset},"bytes":${recordBytes},"coreId":${view.coreId},` +
        `"epoch":"${view.epoch}","sequence":"${view.sequence}","timestampNs":"${view.timestampNs}",` +
        `"op":"${OPERATIONS[view.tag]}"`,
    );
    if (view.tag === TAG_PUT || view.tag === TAG_DELETE) this.#writeEntry(view);
    else output.writeText(`,${JSON.stringify(operationFields(view.operation())).slice(1, -1)}`);
    output.writeText(this.#dump === undefined ? '}\n' : `${this.#dump.recordJson(record)}}\n`);
  }

  finding(finding: Finding): void {
    const fields = this.#dump?.findingJson(finding) ?? '';
    this.#output.writeText(`{"finding":${JSON.stringify(finding)}${fields}}\n`);
  }

  #writeEntry(view: WalEntryView): void {
    const output = this.#output;
    output.writeText(',');
    writeJsonField(output, 'key', keyOf(view), this.#form.encodings.key);
    if (view.tag !== TAG_PUT) return;
    if (this.#form.redact) {
      output.writeText(`,${JSON.stringify(redactedValue(valueOf(view))).slice(1, -1)}`);
    } else {
      output.writeText(',');
      writeJsonField(output, 'value', valueOf(view), this.#form.encodings.value);
    }
  }
}
