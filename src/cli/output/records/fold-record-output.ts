import type { Finding } from '../../../engine/finding.js';
import { positionText, versionFields } from '../../../engine/fold/format/position-text.js';
import type { FoldRecord } from '../../../engine/fold/format/record.js';
import { foldOperationOf, type FoldOperationName } from '../../../engine/inspect/replay/fold-filter.js';
import type { LocatedFoldRecord } from '../../../engine/inspect/select/records-again.js';
import { findingText } from '../../errors/finding-text.js';
import { jsonField } from '../../text/json-fields.js';
import { redactedText, redactedValue } from '../../text/redaction.js';
import type { ByteOutput } from '../../terminal/byte-output.js';
import { visibleText } from '../../terminal/shown/visible-text.js';
import { previousJson, writePrevious } from './previous-output.js';
import type { RecordDump } from './record-dump.js';
import type { RecordOutputOptions } from './record-output.js';
import type { PreviousValue, RecordOutput } from './record-parts.js';

type Fields = Record<string, string | number>;

/** The records of a fold log, a line each: fields between tabs, or a JSON object. */
export class FoldRecords implements RecordOutput<LocatedFoldRecord> {
  readonly #output: ByteOutput;
  readonly #form: RecordOutputOptions;
  readonly #dump: RecordDump | undefined;

  constructor(output: ByteOutput, form: RecordOutputOptions) {
    this.#output = output;
    this.#form = form;
    this.#dump = form.dump;
  }

  record({ path, record }: LocatedFoldRecord, previous?: PreviousValue): void {
    const output = this.#output;
    const { offset, length: bytes } = record;
    const op = foldOperationOf(record);
    const head = { segment: path, offset, bytes, op, ...this.#fields(op, record) };
    if (this.#form.json) {
      const { revision } = op === 'cursor' ? {} : versionFields(record.token().toBytes());
      output.writeText(JSON.stringify({ ...head, revision }).slice(0, -1));
      if (previous !== undefined) output.writeText(previousJson(previous, this.#form));
      output.writeText(`${this.#dump?.foldRecordJson(record) ?? ''}}\n`);
      return;
    }
    const parts = Object.values(head).map((part) => visibleText(String(part)));
    output.writeText(parts.join('\t'));
    if (previous !== undefined) writePrevious(output, previous, this.#form);
    output.writeText('\n');
    this.#dump?.writeFoldRecord(record);
  }

  finding(finding: Finding): void {
    if (this.#form.json) {
      const fields = this.#dump?.findingJson(finding) ?? '';
      this.#output.writeText(`{"finding":${JSON.stringify(finding)}${fields}}\n`);
      return;
    }
    this.#output.writeText(`${findingText(finding)}\n`);
    this.#dump?.writeFinding(finding);
  }

  #fields(op: FoldOperationName, record: FoldRecord): Fields {
    if (op === 'cursor') return { cursor: positionText(record.cursor().toBytes()) };
    if (op === 'group') return {};
    return {
      ...jsonField('key', record.key(), this.#form.encodings.key),
      ...(op === 'put' ? this.#valueFields(record.value()) : {}),
      version: record.token().toHex(),
    };
  }

  #valueFields(value: Uint8Array): Fields {
    const { encodings, json, redact } = this.#form;
    if (!redact) return jsonField('value', value, encodings.value);
    return json ? redactedValue(value) : { value: redactedText(value) };
  }
}
