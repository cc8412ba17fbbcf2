import type { Finding } from '../../engine/finding.js';
import type { LyingRecord } from '../../engine/inspect/select/noted-files.js';
import { STANDARD_INPUT_NAME } from '../../engine/bytes/text/command-hints.js';
import { EXIT_CODES, type ExitCode } from '../errors/exit-codes.js';
import { usageError } from '../errors/usage-error.js';
import type { RecordOutput } from '../output/records/record-parts.js';
import type { Terminal } from '../terminal/terminal.js';

/** The ways to say something beside the records. */
export interface Remarks {
  readonly say: (line: string) => void;
  readonly notice: (finding: Finding) => void;
}

/** Takes the value of the one record that is shown, for `--value-to`; what was found is said beside it. */
export class ValueOutput<Record extends LyingRecord> implements RecordOutput<Record> {
  readonly #valueOf: (record: Record) => Uint8Array | undefined;
  readonly #notice: (finding: Finding) => void;
  readonly #places: string[] = [];
  #value: Uint8Array | undefined;

  /** @param valueOf a copy of the value that a record puts; undefined where it puts none */
  constructor(valueOf: (record: Record) => Uint8Array | undefined, notice: (finding: Finding) => void) {
    this.#valueOf = valueOf;
    this.#notice = notice;
  }

  record(record: Record): void {
    this.#places.push(`${record.path}, byte ${record.offset}`);
    this.#value = this.#valueOf(record);
  }

  finding(finding: Finding): void {
    this.#notice(finding);
  }

  /**
   * Writes the value: to a file whole or not at all, or to standard output for `-`.
   * @param source what was read, and is not written over
   * @param exitCode that of the reading
   * @returns `no` where no record matched, or it puts no value
   * @throws StatelogError `INVALID_ARGUMENT` where several records matched; what `ReportFile` throws
   */
  async writeTo(path: string, source: string, terminal: Terminal, exitCode: ExitCode): Promise<ExitCode> {
    const [first, second] = this.#places;
    if (second !== undefined)
      throw usageError(
        `--value-to is for one record, and several match: ${first!}, and ${second}`,
        'add --last, or --around with the byte of one',
      );
    const value = this.#value;
    if (value === undefined) return exitCode === EXIT_CODES.done ? EXIT_CODES.no : exitCode;
    if (path === STANDARD_INPUT_NAME) {
      terminal.output.write(value);
      await terminal.output.flush();
    } else {
      const { ReportFile } = await import('../../engine/transfer/report-file.js');
      await ReportFile.at(path, source === STANDARD_INPUT_NAME ? [] : [source]).write(value);
    }
    return exitCode;
  }
}
