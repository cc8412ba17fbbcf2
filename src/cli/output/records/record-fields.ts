import { toUtf8 } from '../../../engine/bytes/text/text.js';
import type { Finding } from '../../../engine/finding.js';
import { OPERATIONS } from '../../../engine/inspect/replay/replay-filter.js';
import { TAG_DELETE, TAG_PUT } from '../../../engine/rkyv/entry/wal-entry-format.js';
import type { WalEntryView } from '../../../engine/rkyv/entry/wal-entry-view.js';
import type { ByteOutput } from '../../terminal/byte-output.js';
import { writeEncoded, writeValue } from '../../text/encoded-field.js';
import { writeField } from '../../text/field-escapes.js';
import { writePrevious } from './previous-output.js';
import {
  operationFields,
  type LocatedRecord,
  type PreviousValue,
  type RecordForm,
  type RecordOutput,
} from './record-parts.js';

/** Each operation between tabs, by its tag. */
const OPERATION_FIELDS = OPERATIONS.map((name) => toUtf8(`\t${name}\t`));
const TAB = 0x09;
const LINE_FEED = 0x0a;
/** Stands where a finding has no field of that name. */
const ABSENT = '-';

/**
 * Records for programs that split at tabs: segment, offset, bytes, coreId, epoch, sequence,
 * timestampNs, op, and then what the operation has: key and value, or its fields as JSON. A finding has
 * `finding` for its op, and then severity, class and message.
 */
export class TabbedRecords implements RecordOutput {
  readonly #output: ByteOutput;
  readonly #form: RecordForm;
  /** The path of the last record, and its bytes. */
  #path = '';
  #pathBytes: Uint8Array = new Uint8Array();

  constructor(output: ByteOutput, form: RecordForm) {
    this.#output = output;
    this.#form = form;
  }

  record({ path, offset, recordBytes, view }: LocatedRecord, previous?: PreviousValue): void {
    const output = this.#output;
    const { tag } = view;
    if (path !== this.#path) {
      this.#path = path;
      this.#pathBytes = Buffer.from(path);
    }
    writeField(output, this.#pathBytes);
    output.writeByte(TAB);
    output.writeNumber(offset);
    output.writeByte(TAB);
    output.writeNumber(recordBytes);
    output.writeByte(TAB);
    output.writeNumber(view.coreId);
    output.writeByte(TAB);
    output.writeU64(view.epochLow, view.epochHigh);
    output.writeByte(TAB);
    output.writeU64(view.sequenceLow, view.sequenceHigh);
    output.writeByte(TAB);
    output.writeI64(view.timestampLow, view.timestampHigh);
    output.write(OPERATION_FIELDS[tag]!);
    if (tag === TAG_PUT || tag === TAG_DELETE) this.#writeEntry(view);
    else writeField(output, toUtf8(JSON.stringify(operationFields(view.operation()))));
    if (previous !== undefined) writePrevious(output, previous, this.#form);
    output.writeByte(LINE_FEED);
  }

  finding(finding: Finding): void {
    const { file, offset, bytes, severity, class: kind, message } = finding;
    const output = this.#output;
    const coreId = finding.coreId ?? ABSENT;
    const { epoch = ABSENT, sequence = ABSENT } = finding;
    writeField(output, Buffer.from(file));
    output.writeText(
      `\t${offset}\t${bytes}\t${coreId}\t${epoch}\t${sequence}\t${ABSENT}\tfinding\t${severity}\t${kind}\t`,
    );
    writeField(output, Buffer.from(message));
    output.writeByte(LINE_FEED);
  }

  #writeEntry(view: WalEntryView): void {
    const { tag, bytes, keyStart, keyLength, valueStart, valueLength } = view;
    writeEncoded(this.#output, bytes, this.#form.encodings.key, keyStart, keyStart + keyLength);
    if (tag !== TAG_PUT) return;
    this.#output.writeByte(TAB);
    writeValue(this.#output, bytes, this.#form, valueStart, valueStart + valueLength);
  }
}
