import { CURSOR_TYPE, PUT_TYPE } from '../../engine/fold/format/format.js';
import { isLogLocked } from '../../engine/fold/write/open-log.js';
import { recordTypeName, type FoldRecord } from '../../engine/fold/format/record.js';
import { positionText, versionFields } from '../../engine/fold/format/position-text.js';
import { refuseOtherVersion } from '../../engine/fold/record/other-version.js';
import { FoldScanner } from '../../engine/fold/scan/scanner.js';
import type { FileSystem } from '../../engine/storage-io/interface/file-system.js';
import type { Finding } from '../../engine/finding.js';
import { newlyUnreadable } from '../../engine/inspect/unreadable.js';
import type { ByteOutput } from '../terminal/byte-output.js';
import type { Encodings } from '../command/encoding.js';
import { EXIT_CODES, exitCodeOfFinding, worseExitCode, type ExitCode } from '../errors/exit-codes.js';
import { findingText } from '../errors/finding-text.js';
import { jsonField } from '../text/json-fields.js';
import type { RecordDump } from '../output/records/record-dump.js';
import { redactedText, redactedValue } from '../text/redaction.js';
import type { Terminal } from '../terminal/terminal.js';
import { visibleText } from '../terminal/visible-text.js';

/** Which records of a fold log are shown, and how. */
export interface FoldReplayOptions {
  readonly encodings: Encodings;
  readonly json: boolean;
  /** The length and digest of values, not the values. */
  readonly redact: boolean;
  readonly operations: readonly string[] | undefined;
  readonly prefix: Uint8Array | undefined;
  readonly fromOffset: number;
  readonly limit: number;
  /** Prints the records' bytes, too. */
  readonly dump: RecordDump | undefined;
}

/** Prints a fold log's records as they lie, with findings between them, and goes on behind damage. */
export async function replayFold(
  terminal: Terminal,
  fileSystem: FileSystem,
  path: string,
  options: FoldReplayOptions,
): Promise<ExitCode> {
  const { output } = terminal;
  const descriptor = fileSystem.openRead(path);
  let worst: ExitCode = EXIT_CODES.done;
  const tell = (finding: Finding): void => {
    worst = worseExitCode(worst, exitCodeOfFinding(finding));
    writeFinding(output, finding, options);
  };
  try {
    const size = fileSystem.statusOf(descriptor).size;
    const isLocked = (): boolean => isLogLocked(fileSystem, path);
    const log = { fileSystem, descriptor, path, size };
    const scanner = new FoldScanner(log, { isLocked });
    let left = options.limit;
    for (let step = scanner.next(); step !== 'end' && left > 0; step = scanner.next()) {
      if (step === 'finding') {
        const finding = scanner.finding!;
        if (finding.isForeign) await output.flush();
        refuseOtherVersion(log, finding);
        for (const one of [...newlyUnreadable(fileSystem), finding]) tell(one);
      } else if (isWanted(scanner.record, options)) {
        left -= 1;
        output.writeText(`${lineOf(path, scanner.record, options)}\n`);
        if (!options.json) options.dump?.writeFoldRecord(scanner.record);
      }
      if (output.isFull && !(await output.flush())) break;
    }
    newlyUnreadable(fileSystem).forEach(tell);
    await output.flush();
    return worst;
  } finally {
    fileSystem.close(descriptor);
  }
}

function writeFinding(output: ByteOutput, finding: Finding, { json, dump }: FoldReplayOptions): void {
  if (json) {
    output.writeText(`{"finding":${JSON.stringify(finding)}${dump?.findingJson(finding) ?? ''}}\n`);
    return;
  }
  output.writeText(`${findingText(finding)}\n`);
  dump?.writeFinding(finding);
}

function isWanted(record: FoldRecord, { operations, prefix, fromOffset }: FoldReplayOptions): boolean {
  if (record.offset < fromOffset) return false;
  if (operations !== undefined && !operations.includes(recordTypeName(record.type))) return false;
  return prefix === undefined || (record.type !== CURSOR_TYPE && record.keyStartsWith(prefix));
}

function lineOf(path: string, record: FoldRecord, options: FoldReplayOptions): string {
  const { encodings, json, dump } = options;
  const { offset, length: bytes } = record;
  const op = recordTypeName(record.type);
  const isCursor = record.type === CURSOR_TYPE;
  const fields = isCursor
    ? { cursor: positionText(record.cursor().toBytes()) }
    : {
        ...jsonField('key', record.key(), encodings.key),
        ...(record.type === PUT_TYPE ? valueFields(record.value(), options) : {}),
        version: record.token().toHex(),
      };
  if (json) {
    const { revision } = isCursor ? {} : versionFields(record.token().toBytes());
    const line = JSON.stringify({ segment: path, offset, bytes, op, ...fields, revision });
    return dump === undefined ? line : `${line.slice(0, -1)}${dump.foldRecordJson(record)}}`;
  }
  return [path, offset, bytes, op, ...Object.values(fields)]
    .map((part) => visibleText(String(part)))
    .join('\t');
}

function valueFields(
  value: Uint8Array,
  { encodings, json, redact }: FoldReplayOptions,
): Record<string, string | number> {
  if (!redact) return jsonField('value', value, encodings.value);
  return json ? redactedValue(value) : { value: redactedText(value) };
}
