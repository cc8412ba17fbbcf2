import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import test from 'ava';
import { PAGE_BYTES_MAX } from '../../../src/cli/report/page/report-page.js';
import { visibleText } from '../../../src/cli/terminal/shown/visible-text.js';
import { DAMAGE_CASES } from '../../damage/cases.js';
import { joined, records } from '../../engine/wal/segment-builder.js';
import { commandLine } from '../../support/command-line.js';
import { fixturePath } from '../../support/fixtures.js';
import { tempDir } from '../../support/temp-dir.js';
import { commandsBare, repeatedNames, reported, rowsOfTable, shownBy } from './page.js';
import { pageFaults } from './page-faults.js';

/* `verify --report`: a page that says what `--json` says, stays small, keeps values to itself, and replaces no store. */

const SECRET = 'nobody'.repeat(8);

test('each class of damage has a page without a fault, with the findings, counts, commands and exit code of --json', async (t) => {
  for (const { name, make } of DAMAGE_CASES) {
    const damaged = await make(tempDir(t));
    try {
      const { exitCode, findings, summaries, page } = await reported(t, damaged.path);
      t.deepEqual(await pageFaults(page), [], name);
      const [summary] = summaries;
      const row = rowsOfTable(page, /Summary/)[0]!.slice(1);
      if (summary === undefined) t.is(row[0], 'not read to its end', name);
      else {
        const { kind = 'unknown', files, bytes, records: count, recordsBehind, keys } = summary;
        const { damage, torn, notices } = summary;
        const numbers = [files, bytes, count, recordsBehind, keys, damage, torn, notices, exitCode];
        t.deepEqual(row.slice(1), [kind, ...numbers.map(String)], name);
      }
      t.true(page.includes(`Exit code ${exitCode}: `), name);
      const counts = new Map<string, { count: number; bytes: number }>();
      for (const finding of findings) {
        const of = `${finding.severity} ${finding.class}`;
        const sum = counts.get(of) ?? { count: 0, bytes: 0 };
        counts.set(of, { count: sum.count + 1, bytes: sum.bytes + finding.bytes });
      }
      t.deepEqual(
        rowsOfTable(page, /Findings by class/).map(([severity, kindOf, ...sums]) => [
          `${severity} ${kindOf}`,
          ...sums,
        ]),
        [...counts].map(([of, sums]) => [of, String(sums.count), String(sums.bytes)]),
        name,
      );
      const shown = shownBy(page);
      for (const { message, hint = '' } of findings) {
        t.true(shown.includes(visibleText(message)), `${name}: ${message}`);
        t.true(shown.includes(visibleText(commandsBare(hint))), `${name}: ${hint}`);
      }
    } finally {
      damaged.release?.();
    }
  }
});

test('nothing is called good of a file that is missing, not listed, of another length, or the index of another', async (t) => {
  const names = [
    'artifact-without-a-file',
    'artifact-with-an-unlisted-file',
    'artifact-with-a-file-that-grew',
    'directory-with-another-checkpoints-index',
    'directory-with-another-state-file-version',
  ];
  for (const { name, make } of DAMAGE_CASES.filter((one) => names.includes(one.name))) {
    const { page } = await reported(t, (await make(tempDir(t))).path);
    t.deepEqual(
      [...page.matchAll(/Of its bytes: ([^.]*\.\d %)/g)].map(([, shares]) => shares),
      ['damaged 100.0 %', 'damaged 100.0 %'],
      name,
    );
  }
});

test('a log with thousands of findings has a page of less than 1 MiB, and so have hundreds of files', async (t) => {
  const folder = path.join(tempDir(t), 'logs');
  mkdirSync(folder);
  const operation = { op: 'put', key: Buffer.from('key'), value: new Uint8Array(90) } as const;
  const pieces = records(4_200, 0n, { operation });
  for (let index = 1; index < pieces.length; index += 2) pieces[index]![80]! ^= 0xff;
  const log = path.join(folder, 'wal-0.log');
  writeFileSync(log, joined(...pieces));
  const one = await reported(t, log);
  // Those beyond the first thousand are told as one.
  const places = one.findings.reduce((sum, { more }) => sum + (more?.places ?? 1), 0);
  t.true(places > 2_000, String(places));
  t.true(one.page.length < PAGE_BYTES_MAX / 4);
  t.regex(one.page, new RegExp(`<td>${places}</td>`));

  const small = Buffer.from(joined(...records(40)));
  for (let at = 50; at < small.length; at += 400) small[at]! ^= 0xff;
  const names = Array.from({ length: 300 }, (_, index) =>
    path.join(folder, `${'<'.repeat(200)}${index}.log`),
  );
  for (const name of names) writeFileSync(name, small);
  const many = await reported(t, ...names);
  t.true(Buffer.byteLength(many.page) < PAGE_BYTES_MAX);
  const [damage] = /\d+(?= damaged places)/.exec(many.page)!;
  t.is(Number(damage), many.findings.length);
  t.regex(many.page, /What had no room/);
});

test('each of several faults that are close together has its mark in the picture', async (t) => {
  const segment = path.join(tempDir(t), 'wal-0.log');
  const pieces = records(20);
  for (const damaged of [3, 12]) pieces[damaged]![20]! ^= 0xff;
  writeFileSync(segment, joined(...pieces));
  const { findings, page } = await reported(t, segment);
  t.is(findings.length, 2);
  const [, marks = ''] = /<path class="mark" d="([^"]*)"/.exec(page)!;
  t.is(marks.split('M').length - 1, 2);
});

test('values are in no page unless they are asked for, keys are', async (t) => {
  const segment = path.join(tempDir(t), 'wal-0.log');
  const pieces = records(5, 0n, {
    operation: { op: 'put', key: Buffer.from('some-key'), value: Buffer.from(SECRET) },
  });
  pieces[2]![40]! ^= 0xff;
  writeFileSync(segment, joined(...pieces));
  const hex = Buffer.from('nobody')
    .toString('hex')
    .replace(/..(?=.)/g, '$& ');
  const hidden = shownBy((await reported(t, segment)).page);
  t.false(hidden.includes('nobody'));
  t.false(hidden.includes(hex));
  t.regex(hidden, /put, sequence 1, epoch 1, coreId 0, 2026-02-02T02:40:00\.000000001Z, key some-key/);
  t.regex(hidden, /put, sequence 3, epoch 1/);
  const shown = shownBy((await reported(t, segment, '--show-values')).page);
  t.true(shown.includes('nobody'));
  t.true(shown.includes(hex));
});

test('names and keys of any characters are text in the page, and nothing of them is markup or turns it round', async (t) => {
  const folder = path.join(
    tempDir(t),
    '<script>alert(1)</script>\u202e"\'&\u0007\u200b'.replaceAll('/', '∕'),
  );
  mkdirSync(folder);
  const pieces = records(3, 0n, {
    operation: { op: 'put', key: Buffer.from('<img src=x onerror=alert(1)>\u2066'), value: Buffer.from('v') },
  });
  pieces[1]![20]! ^= 0xff;
  const segment = path.join(folder, 'wal-0.log');
  writeFileSync(segment, joined(...pieces));
  const { page } = await reported(t, segment, path.join(folder, '<none>'));
  t.notRegex(page, /<(script|img)/);
  t.notRegex(page, /[\u202a-\u202e\u2066-\u2069\u200b\u0007]/);
  const shown = shownBy(page);
  t.true(shown.includes('<img src=x onerror=alert(1)>\\u2066'));
  t.true(shown.includes('<script>alert(1)'));
});

test('of several paths each has a section, also one that cannot be opened, and the worst exit code is explained first', async (t) => {
  const none = path.join(tempDir(t), 'none');
  const good = fixturePath('wal-ops/wal-0.log');
  const { exitCode, page } = await reported(t, good, none);
  t.is(exitCode, 6);
  t.regex(page, /<h1>Not everything could be read<\/h1><p [^>]*>Exit code 6: input or output failed\./);
  t.deepEqual(
    rowsOfTable(page, /Summary/).map((cells) => [cells[1], cells.at(-1)]),
    [
      ['good', '0'],
      ['not read to its end', '6'],
    ],
  );
  t.regex(page, /there is nothing at this path/);
  t.regex(
    page,
    /viewBox="0 0 (\d+) \d+" style="max-width:\1px" ><title [^>]*>Map of/,
    'drawn no wider than it is',
  );
});

test('each region of a page has a name of its own, of several paths with files of the same names, too', async (t) => {
  const [one, other] = await Promise.all(
    ['one', 'other'].map(async (name) => {
      const store = path.join(tempDir(t), name);
      await commandLine(['put', store, 'k', 'v']);
      await commandLine(['checkpoint', store]);
      await commandLine(['put', store, 'k', 'newer']);
      const segment = path.join(store, 'wal/2/wal-0.log');
      const bytes = readFileSync(segment);
      bytes[10]! ^= 1;
      writeFileSync(segment, bytes);
      return store;
    }),
  );
  const { exitCode, page } = await reported(t, one!, other!);
  t.is(exitCode, 3);
  t.deepEqual(repeatedNames(page), []);
  t.is(rowsOfTable(page, new RegExp(`Findings in ${other!}`)).length, 1);
});

test('a report is refused where it would replace what is kept, and where its flags contradict', async (t) => {
  const folder = tempDir(t);
  const store = path.join(folder, 'store');
  await commandLine(['put', store, 'a', '1']);
  const log = path.join(folder, 'wal-0.log');
  cpSync(fixturePath('wal-ops/wal-0.log'), log);
  const manifest = path.join(store, 'MANIFEST.json');
  for (const [target, code] of [
    [manifest, 8],
    [path.join(store, 'report.html'), 8],
    [log, 8],
    [folder, 6],
    [path.join(folder, 'none', 'report.html'), 6],
    ['-', 2],
    ['', 2],
  ] as const) {
    const before = [manifest, log].map((file) => readFileSync(file));
    const { exitCode, stdout } = await commandLine(['verify', store, log, '--report', target]);
    t.is(exitCode, code, target);
    t.is(stdout, '', 'it is refused before any work');
    t.deepEqual(
      [manifest, log].map((file) => readFileSync(file)),
      before,
    );
  }
  t.false(existsSync(path.join(store, 'report.html')));
  t.is((await commandLine(['verify', store, '--show-values'])).exitCode, 2);
  const report = path.join(folder, 'report.html');
  const both = await commandLine(['verify', store, '--report', report, '--redact', '--show-values']);
  t.is(both.exitCode, 2);
  t.false(existsSync(report));
});

test('with -q nothing is printed, and on a terminal the files are drawn, as without a report', async (t) => {
  const folder = tempDir(t);
  const report = path.join(folder, 'report.html');
  const log = fixturePath('wal-ops/wal-0.log');
  const quiet = await commandLine(['verify', log, '-q', '--report', report]);
  t.deepEqual([quiet.exitCode, quiet.stdout, quiet.stderr], [0, '', '']);
  t.regex(readFileSync(report, 'utf8'), /<h1>All is good<\/h1>/);
  const drawn = await commandLine(['verify', log], { isTerminal: true });
  const both = await commandLine(['verify', log, '--report', report], { isTerminal: true });
  t.is(both.stdout, drawn.stdout);
});
