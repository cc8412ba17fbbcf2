import { toUtf8 } from '../../../engine/bytes/text/text.js';
import type { Finding } from '../../../engine/finding.js';
import { OPERATIONS } from '../../../engine/inspect/replay/replay-filter.js';
import { TAG_DELETE, TAG_PUT } from '../../../engine/rkyv/entry/wal-entry-format.js';
import type { WalEntryView } from '../../../engine/rkyv/entry/wal-entry-view.js';
import type { ByteOutput } from '../../terminal/byte-output.js';
import { writeJsonField } from '../../text/json-fields.js';
import type { RecordDump } from './record-dump.js';
import { previousJson } from './previous-output.js';
import { ReadableRecords } from './record-lines.js';
import { TabbedRecords } from './record-fields.js';
import {
  operationFields,
  valueOf,
  type LocatedRecord,
  type PreviousValue,
  type RecordForm,
  type RecordOutput,
} from './record-parts.js';
import { redactedValue } from '../../text/redaction.js';
import type { Terminal } from '../../terminal/terminal.js';
import { TimeDigits } from '../../terminal/shown/time-digits.js';

const COMMA = 0x2c;

/** The text before each field of a record's object, from the end of the last one on. */
const LABELS = {
  bytes: toUtf8(',"bytes":'),
  coreId: toUtf8(',"coreId":'),
  epoch: toUtf8(',"epoch":"'),
  sequence: toUtf8('","sequence":"'),
  timestampNs: toUtf8('","timestampNs":"'),
  time: toUtf8('","time":"'),
} as const;

/** Each operation with its name, by its tag. */
const OPERATION_LABELS = OPERATIONS.map((name) => toUtf8(`","op":"${name}"`));

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

  record(record: LocatedRecord, previous?: PreviousValue): void {
    this.#lines.record(record, previous);
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
  readonly #time = new TimeDigits();
  /** The path of the last record, and the start of an object with it. */
  #path: string | undefined;
  #start: Uint8Array = new Uint8Array();

  constructor(output: ByteOutput, form: RecordOutputOptions) {
    this.#output = output;
    this.#form = form;
    this.#dump = form.dump;
  }

  record(record: LocatedRecord, previous?: PreviousValue): void {
    const { path, offset, recordBytes, view } = record;
    if (path !== this.#path) {
      this.#path = path;
      this.#start = toUtf8(`{"segment":${JSON.stringify(path)},"offset":`);
    }
    const output = this.#output;
    output.write(this.#start);
    output.writeNumber(offset);
    output.write(LABELS.bytes);
    output.writeNumber(recordBytes);
    output.write(LABELS.coreId);
    output.writeNumber(view.coreId);
    output.write(LABELS.epoch);
    output.writeU64(view.epochLow, view.epochHigh);
    output.write(LABELS.sequence);
    output.writeU64(view.sequenceLow, view.sequenceHigh);
    output.write(LABELS.timestampNs);
    output.writeI64(view.timestampLow, view.timestampHigh);
    output.write(LABELS.time);
    output.write(this.#time.of(view.timestampLow, view.timestampHigh));
    output.write(OPERATION_LABELS[view.tag]!);
    if (view.tag === TAG_PUT || view.tag === TAG_DELETE) this.#writeEntry(view);
    else output.writeText(`,${JSON.stringify(operationFields(view.operation())).slice(1, -1)}`);
    if (previous !== undefined) output.writeText(previousJson(previous, this.#form));
    output.writeText(this.#dump === undefined ? '}\n' : `${this.#dump.recordJson(record)}}\n`);
  }

  finding(finding: Finding): void {
    const fields = this.#dump?.findingJson(finding) ?? '';
    this.#output.writeText(`{"finding":${JSON.stringify(finding)}${fields}}\n`);
  }

  #writeEntry(view: WalEntryView): void {
    const output = this.#output;
    const { bytes, keyStart, keyLength, valueStart, valueLength } = view;
    const { key, value } = this.#form.encodings;
    output.writeByte(COMMA);
    writeJsonField(output, 'key', bytes, key, keyStart, keyStart + keyLength);
    if (view.tag !== TAG_PUT) return;
    if (this.#form.redact) {
      output.writeText(`,${JSON.stringify(redactedValue(valueOf(view))).slice(1, -1)}`);
    } else {
      output.writeByte(COMMA);
      writeJsonField(output, 'value', bytes, value, valueStart, valueStart + valueLength);
    }
  }
}
