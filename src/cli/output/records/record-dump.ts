import type { Finding } from '../../../engine/finding.js';
import type { ByteField } from '../../../engine/inspect/fields/byte-field.js';
import { EntryBytes } from '../../../engine/inspect/fields/entry-bytes.js';
import { HeldBytes, type FileBytes } from '../../../engine/inspect/fields/file-bytes.js';
import { withFaultBytes } from '../../../engine/inspect/fields/fields-of-finding.js';
import type { FileRegion } from '../../../engine/inspect/fields/file-regions.js';
import { foldFields } from '../../../engine/inspect/fields/fold-fields.js';
import { segmentFields } from '../../../engine/inspect/fields/segment-fields.js';
import type { FoldRecord } from '../../../engine/fold/format/record.js';
import { anchoredBeside, anchoredSource } from '../../../engine/storage-io/views/anchored-file-system.js';
import type { FileSystem } from '../../../engine/storage-io/interface/file-system.js';
import { RECORD_HEADER_BYTES } from '../../../engine/wal/format/record.js';
import { fieldDump, fieldsJson, type DumpOptions, type FieldDump } from '../field-dump.js';
import type { LocatedRecord } from './record-parts.js';
import type { ByteOutput } from '../../terminal/byte-output.js';
import type { Terminal } from '../../terminal/terminal.js';
import { visibleText } from '../../terminal/shown/visible-text.js';

/** Prints the bytes of records and faults, field by field, for `--hexdump`. */
export class RecordDump {
  readonly #output: ByteOutput;
  readonly #fileSystem: FileSystem;
  readonly #options: DumpOptions;
  readonly #dump: FieldDump;

  private constructor(fileSystem: FileSystem, options: DumpOptions, dump: FieldDump, output: ByteOutput) {
    this.#output = output;
    this.#fileSystem = fileSystem;
    this.#options = options;
    this.#dump = dump;
  }

  /** @param path what is read: the files of findings are in it, it, or beside it */
  static async to(
    terminal: Terminal,
    fileSystem: FileSystem,
    path: string,
    options: DumpOptions,
  ): Promise<RecordDump> {
    const isFolder = fileSystem.statusFollowing(path)?.kind === 'directory';
    const anchored = isFolder ? anchoredSource(fileSystem, path) : anchoredBeside(fileSystem, path);
    return new RecordDump(anchored, options, await fieldDump(terminal, options), terminal.output);
  }

  /** A record of a segment, as lines under its own. */
  writeRecord(record: LocatedRecord): void {
    const bytes = bytesOfEntry(record);
    this.#dump(segmentFields(bytes, record.offset), bytes);
  }

  /** The end of a record's JSON object, from the comma on. */
  recordJson(record: LocatedRecord): string {
    const bytes = bytesOfEntry(record);
    return this.#json(segmentFields(bytes, record.offset), bytes);
  }

  writeFoldRecord(record: FoldRecord): void {
    const bytes = bytesOfFold(record);
    this.#dump(foldFields(bytes, record.offset), bytes);
  }

  foldRecordJson(record: FoldRecord): string {
    const bytes = bytesOfFold(record);
    return this.#json(foldFields(bytes, record.offset), bytes);
  }

  /** A part of a file that is no record: its place and name, and the lines of its fields; or a JSON object. */
  writeRegion(path: string, { name, fields }: FileRegion, bytes: FileBytes, json: boolean): void {
    const [first] = fields;
    const last = fields.at(-1);
    if (first === undefined || last === undefined) return;
    const place = { segment: path, offset: first.offset, bytes: last.offset + last.bytes - first.offset };
    if (json) {
      const head = JSON.stringify({ ...place, op: name }).slice(0, -1);
      this.#output.writeText(`${head}${this.#json(fields, bytes)}}\n`);
      return;
    }
    this.#output.writeText(
      `${[...Object.values(place), name].map((part) => visibleText(String(part))).join('\t')}\n`,
    );
    this.#dump(fields, bytes);
  }

  /** The bytes round a fault, as lines under its own; nothing where it is not about bytes. */
  writeFinding(finding: Finding): void {
    if (finding.severity === 'notice') return;
    withFaultBytes(this.#fileSystem, finding, ({ fields, bytes }) => {
      this.#dump(fields, bytes);
    });
  }

  findingJson(finding: Finding): string {
    let json = '';
    if (finding.severity === 'notice') return json;
    withFaultBytes(this.#fileSystem, finding, ({ fields, bytes }) => {
      json = this.#json(fields, bytes);
    });
    return json;
  }

  #json(fields: readonly ByteField[], bytes: FileBytes): string {
    return `,"fields":${JSON.stringify(fieldsJson(fields, bytes, this.#options))}`;
  }
}

function bytesOfEntry({ view, recordBytes, offset }: LocatedRecord): EntryBytes {
  return new EntryBytes(view, recordBytes - RECORD_HEADER_BYTES, offset);
}

function bytesOfFold({ bytes, start, length, offset }: FoldRecord): HeldBytes {
  return new HeldBytes(bytes.subarray(start, start + length), offset);
}
