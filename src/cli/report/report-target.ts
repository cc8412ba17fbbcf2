import { STANDARD_INPUT_NAME } from '../../engine/bytes/text/command-hints.js';
import { ReportFile } from '../../engine/transfer/report-file.js';
import { sourceDate } from '../values/source-date.js';
import type { ReportWish } from './report-flags.js';
import { isUrl } from '../values/url-text.js';
import { usageError } from '../errors/usage-error.js';
import { pageText, type ReportPage } from './page/report-page.js';

const STANDARD_OUTPUT_NAME = '-';

/** The file that the page of a report goes to, looked at before any work. */
export class ReportTarget {
  readonly #path: string;
  readonly #kept: readonly string[];
  readonly #version: string;
  /** Shows values, too. */
  readonly showsValues: boolean;

  /**
   * Judges the file.
   * @param paths what the work reads and makes: neither it nor anything in it is written over
   * @param version the release of statelog
   * @throws StatelogError as `ReportFile.at`; `INVALID_ARGUMENT` for `-`
   */
  constructor({ file, showsValues }: ReportWish, paths: readonly string[], version: string) {
    if (file === STANDARD_OUTPUT_NAME) {
      throw usageError('a report is a file of its own', 'name one, as report.html');
    }
    this.#path = file;
    this.#kept = paths.filter((path) => path !== STANDARD_INPUT_NAME && !isUrl(path));
    this.#version = version;
    this.showsValues = showsValues;
    ReportFile.at(file, this.#kept);
  }

  /**
   * Writes the page, whole or not at all.
   * @param made a place that the work made: it is not written over either
   * @throws StatelogError as `ReportFile.at`; what writing throws
   */
  async write(
    page: Omit<ReportPage, 'showsValues' | 'version' | 'madeAtUnix'>,
    made: string | null = null,
  ): Promise<void> {
    const kept = made === null ? this.#kept : [...this.#kept, made];
    const { showsValues } = this;
    const text = pageText({ ...page, showsValues, version: this.#version, madeAtUnix: sourceDate() });
    await ReportFile.at(this.#path, kept).write(text);
  }
}
