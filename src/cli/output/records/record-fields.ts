import { toUtf8 } from '../../../engine/bytes/text/text.js';
import type { Finding } from '../../../engine/finding.js';
import { OPERATIONS } from '../../../engine/inspect/replay/replay-filter.js';
import { TAG_DELETE, TAG_PUT } from '../../../engine/rkyv/entry/wal-entry-format.js';
import type { ByteOutput } from '../../terminal/byte-output.js';
import { writeEncoded, writeValue } from '../../text/encoded-field.js';
import { writeField } from '../../text/field-escapes.js';
import {
  keyOf,
  operationFields,
  valueOf,
  type LocatedRecord,
  type RecordForm,
  type RecordOutput,
} from './record-parts.js';

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

  constructor(output: ByteOutput, form: RecordForm) {
    this.#output = output;
    this.#form = form;
  }

  record({ path, offset, recordBytes, view }: LocatedRecord): void {
    const { coreId, epoch, sequence, timestampNs, tag } = view;
    const output = this.#output;
    writeField(output, Buffer.from(path));
    output.writeText(
      `\t${offset}\t${recordBytes}\t${coreId}\t${epoch}\t${sequence}\t${timestampNs}\t${OPERATIONS[tag]}`,
    );
    if (tag === TAG_PUT || tag === TAG_DELETE) {
      output.writeByte(TAB);
      writeEncoded(output, keyOf(view), this.#form.encodings.key);
      if (tag === TAG_PUT) {
        output.writeByte(TAB);
        writeValue(output, valueOf(view), this.#form);
      }
    } else {
      output.writeByte(TAB);
      writeField(output, toUtf8(JSON.stringify(operationFields(view.operation()))));
    }
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
}
