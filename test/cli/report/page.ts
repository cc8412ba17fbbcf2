import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { ExecutionContext } from 'ava';
import type { Finding } from '../../../src/engine/finding.js';
import type { VerifySummary } from '../../../src/engine/inspect/verify/verify-path.js';
import { commandLine } from '../../support/command-line.js';
import { tempDir } from '../../support/temp-dir.js';

/** What one run of `verify --json --report` said, and the page that it made. */
export interface Reported {
  readonly exitCode: number;
  readonly findings: readonly Finding[];
  readonly summaries: readonly VerifySummary[];
  readonly page: string;
  readonly file: string;
}

/** Runs `verify` with a report beside what it says to programs. */
export async function reported(t: ExecutionContext, ...argv: readonly string[]): Promise<Reported> {
  const { exitCode, lines, page, file } = await reportedBy(t, 'verify', ...argv);
  return {
    exitCode,
    findings: lines.flatMap(({ finding }) => (finding === undefined ? [] : [finding as Finding])),
    summaries: lines.flatMap(({ summary }) => (summary === undefined ? [] : [summary as VerifySummary])),
    page,
    file,
  };
}

/** Runs any command with a report beside its lines of JSON. */
export async function reportedBy(
  t: ExecutionContext,
  ...argv: readonly string[]
): Promise<{
  readonly exitCode: number;
  readonly lines: readonly Readonly<Record<string, unknown>>[];
  readonly page: string;
  readonly file: string;
}> {
  const file = path.join(tempDir(t), 'report.html');
  const { exitCode, stdout } = await commandLine([...argv, '--json', '--report', file]);
  const lines = stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  return { exitCode, lines, page: readFileSync(file, 'utf8'), file };
}

/** The names that more than one region of a page has, by which a screen reader tells them. */
export function repeatedNames(page: string): string[] {
  const tables = [...page.matchAll(/<(?:section|pre)[^>]* aria-label="([^"]*)"/g)].map(([, name]) =>
    shownBy(name!),
  );
  const sections = [...page.matchAll(/<section aria-labelledby="([^"]*)"/g)].map(([, id]) =>
    shownBy(new RegExp(`id="${id}"[^>]*>(.*?)</h`, 's').exec(page)![1]!),
  );
  const names = [...sections, ...tables];
  return names.filter((name, at) => names.indexOf(name) < at);
}

const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'" };

/** The text that a piece of a page shows. */
export function shownBy(piece: string): string {
  return piece
    .replace(/<[^>]*>/g, '')
    .replace(/&(amp|lt|gt|quot|#39);/g, (_, name: string) => ENTITIES[name]!);
}

/** A hint as a page shows it: a command, which is set apart there, has no quotes round it. */
export function commandsBare(hint: string): string {
  return hint.replace(/'([a-z]+ [^']*)'/g, '$1');
}

/** The cells of the rows of the first table that has this label. */
export function rowsOfTable(page: string, label: RegExp): string[][] {
  const at = page.search(new RegExp(`aria-label="${label.source}`));
  if (at < 0) return [];
  const body = /<tbody>(.*?)<\/tbody>/s.exec(page.slice(at))![1]!;
  return [...body.matchAll(/<tr[^>]*>(.*?)<\/tr>/gs)].map(([, row]) =>
    [...row!.matchAll(/<t[dh][^>]*>(.*?)<\/t[dh]>/gs)].map(([, cell]) => shownBy(cell!)),
  );
}
