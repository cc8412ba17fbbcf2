import { cpSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { PAGE_BYTES_MAX } from '../../../src/cli/report/page/report-page.js';
import { countedText } from '../../../src/cli/text/counted-text.js';
import { lostKeysText, lostRecordsText } from '../../../src/cli/text/lost-text.js';
import { visibleText } from '../../../src/cli/terminal/shown/visible-text.js';
import type { Finding } from '../../../src/engine/finding.js';
import type { RepairSummary } from '../../../src/engine/repair/account/report.js';
import { DAMAGE_CASES, ONE_OF_EACH_SORT } from '../../damage/cases.js';
import { joined, records } from '../../engine/wal/segment-builder.js';
import { commandLine } from '../../support/command-line.js';
import { fixturePath } from '../../support/fixtures.js';
import { tempDir } from '../../support/temp-dir.js';
import { commandsBare, reportedBy, rowsOfTable, shownBy } from './page.js';
import { pageFaults } from './page-faults.js';

/* `repair --report` and `rescue --report`: pages that say what `--json` says of what was lost, kept and made. */

interface LostLine {
  readonly key?: string;
  readonly op: string;
  readonly offset: number;
  readonly fallsBack?: boolean;
  readonly older?: { readonly valueBytes: number; readonly valueDigest: string };
}

/** Holds a page against the lines of JSON beside it. */
async function assertAgreement(
  t: ExecutionContext,
  about: string,
  { exitCode, lines, page }: Awaited<ReturnType<typeof reportedBy>>,
): Promise<void> {
  t.deepEqual(await pageFaults(page), [], about);
  t.true(Buffer.byteLength(page) < PAGE_BYTES_MAX, about);
  t.true(page.includes(`Exit code ${exitCode}: `), about);
  const findings = lines.flatMap(({ finding }) => (finding === undefined ? [] : [finding as Finding]));
  const counts = new Map<string, number>();
  for (const { severity, class: kind } of findings)
    counts.set(`${severity} ${kind}`, (counts.get(`${severity} ${kind}`) ?? 0) + 1);
  const classes = rowsOfTable(page, /Findings by class/).map(([severity, kind, count]) => [
    `${severity} ${kind}`,
    Number(count),
  ]);
  // Where a repair tells of nothing, a page has what reading finds.
  if (findings.length > 0) t.deepEqual(classes, [...counts], about);
  const lost = lines.flatMap(
    ({ lostKey, lostChange }) => [lostKey, lostChange].filter((one) => one !== undefined) as LostLine[],
  );
  const named = lines.filter((line) => 'lostKey' in line).length;
  const rows = rowsOfTable(page, /Lost keys/);
  t.deepEqual(
    rows.map(([, op, , offset]) => [op, offset]),
    lost.slice(0, rows.length).map(({ op, offset }) => [op, String(offset)]),
    about,
  );
  const isCut = page.includes('rows of keys');
  if (!isCut) t.is(rows.length, lost.length, about);
  if (named > 0) t.regex(page, new RegExp(`<p>${named} keys? by name: `), about);
  for (const [index, { key, fallsBack, older }] of lost.slice(0, rows.length).entries()) {
    const row = rows[index]!;
    t.is(
      row[0],
      key === undefined ? 'not readable' : key === '' ? '(the empty key)' : visibleText(key),
      about,
    );
    if (key !== undefined) t.is(row[6]!.startsWith('nothing'), !fallsBack, about);
    if (older !== undefined) t.is(row[6], `${older.valueBytes} bytes, blake3 ${older.valueDigest}`, about);
  }
  const summary = lines.find((line) => 'summary' in line)?.['summary'] as RepairSummary | undefined;
  const results = new Map(rowsOfTable(page, /Summary/).map(([name, result]) => [name, result]));
  if (summary === undefined) return;
  const { kind, into, kept, lost: gone, gaps, torn } = summary;
  t.like(
    Object.fromEntries(results),
    {
      Kind: kind,
      'New place': into === null ? 'none' : visibleText(into),
      Kept: `${countedText(kept.records, 'record')}, ${countedText(kept.keys, 'key')}, ${countedText(kept.bytes, 'byte')}${summary.keysEstimated ? ' (keys estimated)' : ''}`,
      Lost: `${lostRecordsText(gone)}, ${lostKeysText(gone)}, ${countedText(gone.bytes, 'byte')}`,
      Gaps: String(gaps),
      'Unfinished last writes': String(torn),
    },
    about,
  );
}

test('a repair of each class of damage has a page that agrees with --json, where it is refused too', async (t) => {
  for (const { name, make } of ONE_OF_EACH_SORT) {
    const folder = tempDir(t);
    const damaged = await make(folder);
    try {
      const into = path.join(tempDir(t), 'new');
      const reported = await reportedBy(t, 'repair', damaged.path, '--into', into);
      await assertAgreement(t, name, reported);
    } finally {
      damaged.release?.();
    }
  }
});

test('a rescue of each class of damage has a page that agrees with --json, and says what to run next', async (t) => {
  for (const { name, make } of ONE_OF_EACH_SORT) {
    const damaged = await make(tempDir(t));
    try {
      const reported = await reportedBy(t, 'rescue', damaged.path, '--into', path.join(tempDir(t), 'new'));
      await assertAgreement(t, name, reported);
      const summary = reported.lines.find((line) => 'summary' in line)?.['summary'] as
        { next?: string } | undefined;
      if (summary?.next !== undefined)
        t.true(shownBy(reported.page).includes(visibleText(commandsBare(summary.next))), name);
      const comparisons = reported.lines.filter((line) => 'comparison' in line).length;
      t.is([...reported.page.matchAll(/<li>beside /g)].length, comparisons, name);
    } finally {
      damaged.release?.();
    }
  }
});

test('a repair where it lies has a page of what was there before it was cut', async (t) => {
  const folder = tempDir(t);
  const log = path.join(folder, 'wal-0.log');
  const good = joined(...records(50));
  writeFileSync(log, Buffer.concat([good, good.subarray(0, 20)]));
  const reported = await reportedBy(t, 'repair', log);
  const { exitCode, page } = reported;
  t.is(exitCode, 0);
  t.is(readFileSync(log).length, good.length, 'it was cut');
  await assertAgreement(t, 'in place', reported);
  t.deepEqual(
    rowsOfTable(page, /Findings by class/).map((row) => row.slice(0, 2)),
    [
      ['torn', 'torn-tail'],
      ['notice', 'torn-tail'],
    ],
  );
  t.regex(page, /<h1>An unfinished last write was cut<\/h1>/);
  t.regex(page, /<path class="torn" d="M/, 'the map has the end that is gone by now');
  t.regex(page, /Bytes of torn-tail at byte/);
});

test('verify has the keys that a repair would lose in its page, with the older values in their place', async (t) => {
  const folder = tempDir(t);
  const store = path.join(folder, 'store');
  await commandLine(['put', store, 'counter', 'the older value']);
  await commandLine(['checkpoint', store]);
  await commandLine(['put', store, 'counter', 'the newer value']);
  await commandLine(['put', store, 'other', 'x']);
  const epoch = readFileSync(path.join(store, 'MANIFEST.json'), 'utf8');
  t.regex(epoch, /"checkpoints"/);
  const segment = [1, 2, 3]
    .map((one) => path.join(store, `wal/${one}/wal-0.log`))
    .filter(existsSync)
    .at(-1)!;
  const bytes = readFileSync(segment);
  bytes[bytes.indexOf('the newer value')]! ^= 0x04;
  writeFileSync(segment, bytes);
  const { exitCode, lines: said } = await reportedBy(
    t,
    'repair',
    store,
    '--into',
    `${store}-new`,
    '--dry-run',
  );
  t.is(exitCode, 3);
  const [lost] = said.flatMap(({ lostKey }) => (lostKey === undefined ? [] : [lostKey as LostLine]));
  const { page } = await reportedBy(t, 'verify', store);
  t.deepEqual(
    rowsOfTable(page, /Lost keys/).map((row) => [row[0], row[3], row[6]]),
    [['counter', String(lost!.offset), `15 bytes, blake3 ${lost!.older!.valueDigest}`]],
  );
  t.false(existsSync(`${store}-new`));
  t.false(shownBy(page).includes('the older value'));
});

test('of each class of damage verify lists what repair would lose', async (t) => {
  let older = 0;
  for (const { name, make } of DAMAGE_CASES.filter((one) => /flipped|checksum|value|lost/.test(one.name))) {
    const damaged = await make(tempDir(t));
    try {
      const into = path.join(tempDir(t), 'new');
      const argv = ['repair', damaged.path, '--into', into, '--dry-run', '--json'];
      const { stdout } = await commandLine(argv);
      const lines = stdout.split('\n').filter((line) => line.startsWith('{"lost'));
      const lost = lines.map((line) => Object.values(JSON.parse(line) as Record<string, LostLine>)[0]!);
      const { page } = await reportedBy(t, 'verify', damaged.path);
      const rows = rowsOfTable(page, /Lost keys/);
      t.deepEqual(
        rows.map((row) => [row[0], row[3]]),
        lost.slice(0, rows.length).map(({ key, offset }) => [key ?? 'not readable', String(offset)]),
        name,
      );
      t.is(rows.length > 0, lost.length > 0, name);
      for (const [index, one] of lost.slice(0, rows.length).entries()) {
        if (one.older === undefined) continue;
        older += 1;
        t.is(rows[index]![6], `${one.older.valueBytes} bytes, blake3 ${one.older.valueDigest}`, name);
      }
      t.false(existsSync(into));
    } finally {
      damaged.release?.();
    }
  }
  t.true(older > 0);
});

test('a page of a repair is no larger for thousands of lost keys', async (t) => {
  const folder = tempDir(t);
  const log = path.join(folder, 'wal-0.log');
  const pieces = Array.from({ length: 3_200 }, (_, index) => {
    const key = Buffer.from(`${'<key>'.repeat(50)}${index}`);
    const operation = { op: 'put', key, value: new Uint8Array(30) } as const;
    return records(1, BigInt(index), { operation })[0]!;
  });
  for (let index = 1; index < pieces.length; index += 2) pieces[index]![275]! ^= 0x11;
  writeFileSync(log, joined(...pieces));
  const { page, lines, exitCode } = await reportedBy(t, 'repair', log, '--into', path.join(folder, 'new'));
  t.is(exitCode, 3);
  const lost = lines.filter((line) => 'lostKey' in line).length;
  t.true(lost > 1_500, String(lost));
  t.true(Buffer.byteLength(page) < PAGE_BYTES_MAX);
  t.regex(page, new RegExp(`<p>${lost} keys by name: `));
  t.regex(page, /What had no room/);
});

test('a page is refused where it would replace what is read or made, before any work', async (t) => {
  const folder = tempDir(t);
  const log = path.join(folder, 'routes.snap');
  cpSync(fixturePath('wal-ops/wal-0.log'), log);
  const made = path.join(folder, 'new.snap');
  for (const command of ['repair', 'rescue']) {
    for (const [target, code] of [
      [log, 8],
      [made, 8],
      ['-', 2],
      ['', 2],
    ] as const) {
      const before = readFileSync(log);
      const { exitCode, stdout } = await commandLine([command, log, '--into', made, '--report', target]);
      t.is(exitCode, code, `${command} ${target}`);
      t.is(stdout, '');
      t.deepEqual(readFileSync(log), before);
      t.false(existsSync(made));
    }
  }
  const both = await commandLine([
    'repair',
    log,
    '--redact',
    '--show-values',
    '--report',
    `${folder}/r.html`,
  ]);
  t.is(both.exitCode, 2);
});

test('a repair that cannot begin has a page that says why', async (t) => {
  const folder = tempDir(t);
  const { exitCode, page } = await reportedBy(t, 'repair', path.join(folder, 'none'));
  t.is(exitCode, 6);
  t.regex(page, /<h1>Not done: input or output failed<\/h1>/);
  t.regex(page, /there is nothing at this path/);
});
