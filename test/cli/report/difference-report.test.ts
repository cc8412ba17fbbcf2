import { cpSync, existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { PAGE_BYTES_MAX } from '../../../src/cli/report/page/report-page.js';
import { blake3Hex } from '../../../src/engine/bytes/hash/blake3.js';
import { commandLine } from '../../support/command-line.js';
import { tempDir } from '../../support/temp-dir.js';
import { repeatedNames, reportedBy, rowsOfTable, shownBy } from './page.js';

/* `diff --report`: a page with the keys of `--json`, and the counts of `--summary`. */

async function twoStores(t: ExecutionContext): Promise<{ a: string; b: string }> {
  const folder = tempDir(t);
  const [a, b] = ['a', 'b'].map((name) => path.join(folder, name)) as [string, string];
  const lines = (range: readonly number[], value: string): string =>
    range.map((one) => `${JSON.stringify({ key: `key:${1000 + one}`, value })}\n`).join('');
  const all = Array.from({ length: 300 }, (_, index) => index);
  await commandLine(['put', a, '--batch', '-'], { input: [lines(all.slice(0, 250), 'old')] });
  await commandLine(['put', b, '--batch', '-'], { input: [lines(all.slice(20), 'old')] });
  await commandLine(['put', b, '--batch', '-'], { input: [lines(all.slice(40, 50), 'fresh secret')] });
  return { a, b };
}

test('a page of a comparison has the keys of --json, and their counts in the order of keys', async (t) => {
  const { a, b } = await twoStores(t);
  const { exitCode, lines, page } = await reportedBy(t, 'diff', a, b);
  t.is(exitCode, 1);
  t.deepEqual(repeatedNames(page), []);
  t.regex(
    page,
    /Exit code 1: the answer is no\. 50 added, 20 removed, 10 changed, 0 unknown, 220 the same\./,
  );
  t.deepEqual(
    rowsOfTable(page, /Keys that differ/).map(([key, outcome]) => [outcome, key]),
    lines.map(({ diff, key }) => [diff, key]),
  );
  const places = rowsOfTable(page, /Differences by place/).map((row) => row.slice(1).map(Number));
  t.is(places.length, 75, 'columns of four keys each');
  const sums = places[0]!.map((_, at) => places.reduce((sum, row) => sum + row[at]!, 0));
  t.deepEqual(sums, [10, 50, 20, 0, 220], 'changed, added, removed, unknown, the same');
  t.deepEqual(places[0], [0, 0, 4, 0, 0]);
  t.deepEqual(places.at(-1), [0, 4, 0, 0, 0]);
});

test('values are in no page of a comparison unless they are asked for', async (t) => {
  const { a, b } = await twoStores(t);
  const hidden = shownBy((await reportedBy(t, 'diff', a, b)).page);
  t.false(hidden.includes('fresh secret'));
  t.true(hidden.includes(`12 bytes, blake3 ${blake3Hex(Buffer.from('fresh secret'))}`));
  t.true(
    shownBy((await reportedBy(t, 'diff', a, b, '--show-values')).page).includes('12 bytes: fresh secret'),
  );
});

test('the command in the page makes the first store hold what the second does', async (t) => {
  const { a, b } = await twoStores(t);
  const { page } = await reportedBy(t, 'diff', a, b);
  const [, command] = /<code>(.*?)<\/code>/.exec(page)!;
  t.is(shownBy(command!), `statelog diff ${a} ${b} --json | statelog put ${a} --batch -`);
  const { stdout } = await commandLine(['diff', a, b, '--json']);
  await commandLine(['put', a, '--batch', '-'], { input: [stdout] });
  const same = await reportedBy(t, 'diff', a, b);
  t.is(same.exitCode, 0);
  t.regex(same.page, /<h1>No key differs<\/h1>/);
  t.notRegex(same.page, /What to run/);
});

test('with -q all is compared for a page and nothing printed; a page stays small for any number of keys', async (t) => {
  const folder = tempDir(t);
  const [a, b] = [path.join(folder, 'a'), path.join(folder, 'b')];
  const key = '<'.repeat(200);
  const lines = Array.from({ length: 20_000 }, (_, at) => `{"key":"${key}${at}","value":"v"}\n`).join('');
  await commandLine(['put', a, '--batch', '-'], { input: [lines] });
  await commandLine(['create', b]);
  const report = path.join(folder, 'report.html');
  const { exitCode, stdout, stderr } = await commandLine(['diff', a, b, '-q', '--report', report]);
  t.deepEqual([exitCode, stdout, stderr], [1, '', '']);
  const page = readFileSync(report, 'utf8');
  t.true(Buffer.byteLength(page) < PAGE_BYTES_MAX);
  t.regex(page, /20000 removed/);
  t.regex(page, /What had no room.*rows of keys/s);
});

test('a comparison that damage ends has a page, and one that skips it says what was skipped', async (t) => {
  const { a, b } = await twoStores(t);
  const none = await reportedBy(t, 'diff', a, path.join(tempDir(t), 'none'));
  t.is(none.exitCode, 6);
  t.regex(none.page, /<h1>Not compared to the end: input or output failed<\/h1>/);
  const torn = `${b}-damaged`;
  cpSync(b, torn, { recursive: true });
  const segment = path.join(torn, 'wal/1/wal-0.log');
  t.true(existsSync(segment));
  const { flip } = await import('../../damage/edits.js');
  flip(segment, 1_000);
  const skipped = await reportedBy(t, 'diff', a, torn, '--skip-damage');
  t.is(skipped.exitCode, 3);
  t.regex(skipped.page, /What was skipped.*B: skipped in/s);
  const { exitCode, stdout } = await commandLine(['diff', a, b, '--report', path.join(a, 'page.html')]);
  t.deepEqual([exitCode, stdout], [8, '']);
});
