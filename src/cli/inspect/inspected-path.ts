import { BrowsedLog } from '../../engine/inspect/browse/browsed-log.js';
import { logFilesOf } from '../../engine/inspect/browse/log-file.js';
import { verifyPath } from '../../engine/inspect/verify/verify-path.js';
import { keysLostIn } from '../../engine/repair/keys-lost-in.js';
import type { FileSystem } from '../../engine/storage-io/interface/file-system.js';
import { decodeText, encodeText } from '../values/encoding.js';
import { parseIntegerWithin, SIGNED_64_MAX, SIGNED_64_MIN, UNSIGNED_64_MAX } from '../values/integer-text.js';
import { formatSize } from '../values/size-text.js';
import { readTime } from '../values/time-argument.js';
import { EXIT_CODES, exitCodeOfFinding, worseExitCode, type ExitCode } from '../errors/exit-codes.js';
import { markup, type Html } from '../report/page/html.js';
import { rowOf, tableIn } from '../report/page/report-page.js';
import { VerifyReport } from '../report/verify-report.js';
import { inTurns } from './in-turns.js';
import { failure, type Answer } from './inspect-server.js';
import { logPage, type BrowseForm } from './log-pages.js';
import { recordPage } from './record-page.js';

/** Records of a page. */
const PAGE_RECORDS = 50;
const OFFSET_MAX = BigInt(Number.MAX_SAFE_INTEGER);

/** The pages of something that is inspected. */
export class InspectedPath {
  readonly path: string;
  readonly #fileSystem: FileSystem;
  readonly #form: BrowseForm;
  readonly #logs: readonly BrowsedLog[];

  /** @throws StatelogError what `logFilesOf` throws */
  constructor(fileSystem: FileSystem, path: string, form: BrowseForm) {
    this.path = path;
    this.#fileSystem = fileSystem;
    this.#form = form;
    this.#logs = logFilesOf(fileSystem, path).map((file) => new BrowsedLog(file));
  }

  /** Reads all logs once, one after the other, for their indexes. @throws StatelogError what reading throws */
  async readAll(signal: AbortSignal): Promise<void> {
    for (const log of this.#logs) await inTurns(log.indexing(), signal);
  }

  /** The page at a path behind the token. @throws StatelogError what reading throws */
  async page(path: string, query: URLSearchParams, signal: AbortSignal): Promise<Answer> {
    if (path === '') return this.#answer('', this.#overview());
    if (path === 'report') return this.#answer('report', await this.#report());
    const [, id, isRecord] = /^log\/(\d{1,6})(\/record)?$/.exec(path) ?? [];
    const log = this.#logs[Number(id)];
    if (id === undefined || log === undefined) return failure(404, 'there is no such page');
    if (isRecord !== undefined) return this.#recordPage(log, Number(id), query, signal);
    return this.#logPage(log, Number(id), query, signal);
  }

  #answer(about: string, content: Html): Answer {
    return {
      status: 200,
      title: `statelog inspect ${this.path}${about === '' ? '' : `: ${about}`}`,
      content,
    };
  }

  #overview(): Html {
    const rows = this.#logs.map(({ file, index }, id) => {
      const state = index.isWhole ? 'read' : 'being read';
      const size = this.#fileSystem.statusFollowing(file.path)?.size ?? 0;
      return rowOf(markup`<a href="log/${id}">${this.#nameOf(file.path)}</a>`, [
        file.kind === 'fold' ? 'fold log' : 'segment',
        formatSize(size),
        index.records,
        state,
      ]);
    });
    const table =
      rows.length === 0
        ? markup`<p>It holds no log whose records could be shown one by one.</p>`
        : tableIn('Logs', ['File', 'Kind', 'Size', 'Records', 'Index'], rows);
    return markup`<header><h1>${this.path}</h1><p><a href="report">Report</a>: all of it is read and checked, and what is wrong is shown with maps of its files.</p></header><main id="content">${table}</main>`;
  }

  /** Verifies as `verify` does, now. */
  async #report(): Promise<Html> {
    const report = new VerifyReport(this.#form.showsValues);
    const page = report.start(this.path, this.#fileSystem);
    const { map, timeline } = page;
    const steps = verifyPath(this.#fileSystem, this.path, { quick: false, map, timeline });
    let worst: ExitCode = EXIT_CODES.done;
    let step = steps.next();
    for (; step.done !== true; step = steps.next()) {
      worst = worseExitCode(worst, exitCodeOfFinding(step.value));
      page.finding(step.value);
    }
    page.summary(step.value);
    if (worst !== EXIT_CODES.done)
      for await (const lost of keysLostIn(this.#fileSystem, this.path)) report.lostKey(lost);
    report.finish(this.path, worst);
    const { headline, sums, parts } = report.content();
    return markup`<header><nav aria-label="Where"><a href="./">all files</a></nav><h1>${headline}</h1><p class="verdict x${worst}">${sums}</p></header><main id="content">${parts}</main>`;
  }

  async #logPage(log: BrowsedLog, id: number, query: URLSearchParams, signal: AbortSignal): Promise<Answer> {
    const target = await this.#target(log, query, signal);
    if ('goTo' in target) {
      const location = `${id}?${new URLSearchParams({ at: String(target.goTo), ...target.keep }).toString()}`;
      return { ...failure(303, 'it is elsewhere'), location };
    }
    const { at, said } = target;
    const page = await inTurns(log.page(at, PAGE_RECORDS), signal);
    if (page === undefined) return failure(499, 'nobody waits for it');
    const name = this.#nameOf(log.file.path);
    const key = query.get('key') ?? query.get('of') ?? '';
    return this.#answer(name, logPage({ log, id, name, page, at, said, key }, this.#form));
  }

  /** The offset that a query asks for: at once, or by another page. */
  async #target(log: BrowsedLog, query: URLSearchParams, signal: AbortSignal): Promise<Target> {
    const from = offsetOf(query.get('from')) ?? -1;
    const [before, key, sequence, time] = ['before', 'key', 'sequence', 'time'].map(
      (name) => query.get(name) ?? undefined,
    );
    if (query.has('end')) return goTo(await inTurns(log.startBefore(this.#endOf(log), PAGE_RECORDS), signal));
    if (before !== undefined)
      return goTo(await inTurns(log.startBefore(offsetOf(before) ?? 0, PAGE_RECORDS), signal));
    if (sequence !== undefined) {
      const least = parseIntegerWithin(sequence, 0n, UNSIGNED_64_MAX);
      if (least === undefined)
        return { at: Math.max(0, from), said: `${sequence} is no sequence: write a number` };
      const found = await inTurns(log.firstWith('sequence', least), signal);
      return goTo(found, {
        at: Math.max(0, from),
        said: `No record has the sequence ${least}, or a greater one.`,
      });
    }
    if (time !== undefined) return this.#timeTarget(log, time, from, signal);
    if (key !== undefined)
      return this.#keyTarget(log, key, { from, isBack: query.get('direction') === 'previous' }, signal);
    const text = query.get('at');
    const at = offsetOf(text);
    if (text !== null && at === undefined)
      return { at: Math.max(0, from), said: `${text} is no offset: write a number of bytes` };
    return { at: at ?? 0 };
  }

  async #timeTarget(log: BrowsedLog, text: string, from: number, signal: AbortSignal): Promise<Target> {
    const reading = readTime(text, Date.now());
    if (!('timeNs' in reading))
      return { at: Math.max(0, from), said: `${text}: ${reading.refusal}; write ${reading.examples}` };
    if (reading.timeNs < SIGNED_64_MIN || reading.timeNs > SIGNED_64_MAX) return { at: Math.max(0, from) };
    const found = await inTurns(log.firstWith('time', reading.timeNs), signal);
    return goTo(found, { at: Math.max(0, from), said: `No record is of ${text}, or later.` });
  }

  async #keyTarget(
    log: BrowsedLog,
    text: string,
    { from, isBack }: { readonly from: number; readonly isBack: boolean },
    signal: AbortSignal,
  ): Promise<Target> {
    const encoding = this.#form.encodings.key;
    const key = decodeText(text, encoding);
    if (key === undefined) return { at: Math.max(0, from), said: `${text} is not ${encoding}` };
    const steps = isBack ? log.previousOf(key, from) : log.nextOf(key, from + 1);
    const where = isBack
      ? `before byte ${Math.max(0, from)}`
      : from < 0
        ? 'of this log'
        : `behind byte ${from}`;
    const found = await inTurns(steps, signal);
    return goTo(
      found,
      { at: Math.max(0, from), said: `No record ${where} changes the key ${text}.` },
      { of: text },
    );
  }

  async #recordPage(
    log: BrowsedLog,
    id: number,
    query: URLSearchParams,
    signal: AbortSignal,
  ): Promise<Answer> {
    const offset = offsetOf(query.get('at')) ?? 0;
    const page = await inTurns(log.page(offset, 1), signal);
    const item = page?.items.find((one) => 'record' in one && one.record.offset === offset);
    if (item === undefined || !('record' in item))
      return failure(404, `no good record starts at byte ${offset}`);
    const { path } = log.file;
    const name = this.#nameOf(path);
    const { key: bytes } = item.record;
    const key = bytes === undefined ? undefined : encodeText(bytes, this.#form.encodings.key);
    const { showsValues } = this.#form;
    const parts = { fileSystem: this.#fileSystem, path, offset, id, name, key, showsValues };
    return this.#answer(`${name}, byte ${offset}`, recordPage(parts));
  }

  #endOf({ file }: BrowsedLog): number {
    return this.#fileSystem.statusFollowing(file.path)?.size ?? 0;
  }

  #nameOf(path: string): string {
    if (path.startsWith(`${this.path}/`)) return path.slice(this.path.length + 1);
    return path.slice(path.lastIndexOf('/') + 1);
  }
}

/** A place in a log: to be shown with what was said, or to be gone to. */
type Target =
  | { readonly at: number; readonly said?: string | undefined }
  | { readonly goTo: number; readonly keep: Readonly<Record<string, string>> };

function goTo(
  found: number | undefined,
  otherwise: Target = { at: 0 },
  keep: Record<string, string> = {},
): Target {
  return found === undefined ? otherwise : { goTo: found, keep };
}

function offsetOf(text: string | null): number | undefined {
  if (text === null) return undefined;
  const offset = parseIntegerWithin(text, 0n, OFFSET_MAX);
  return offset === undefined ? undefined : Number(offset);
}
