import { execFileSync } from 'node:child_process';
import { closeSync, constants, existsSync, openSync, readFileSync, readSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import test, { type ExecutionContext } from 'ava';
import fc from 'fast-check';
import { commandLine } from '../../support/command-line.js';
import { tempDir } from '../../support/temp-dir.js';

const places = (t: ExecutionContext): string[] =>
  ['store', 'fold.snap'].map((name) => path.join(tempDir(t), name));
const batch = (store: string, lines: readonly unknown[], ...flags: string[]) =>
  commandLine(['put', store, '--batch', '-', ...flags], {
    input: lines.map((line) => `${typeof line === 'string' ? line : JSON.stringify(line)}\n`),
  });
const scanned = async (store: string): Promise<string> => (await commandLine(['scan', store])).stdout;

test('a line whose condition does not hold changes nothing, is reported, and the batch goes on: 1', async (t) => {
  for (const store of places(t)) {
    const rejects = `${store}.rejects`;
    const lines = [
      { key: 'a', value: '1', ifAbsent: true },
      '{ "key":"a", "value":"2", "ifAbsent":true }',
      { key: 'a', value: '3', ifValue: '1' },
      { op: 'delete', key: 'a', ifValue: 'other' },
      { op: 'increment', key: 'n', by: 4 },
      { op: 'increment', key: 'n', by: '-1' },
    ];
    const { exitCode, stderr } = await batch(store, lines, '--rejects', rejects);
    t.is(exitCode, 1);
    t.is(
      stderr,
      [
        'statelog: line 2 was not applied: its ifAbsent does not hold',
        'statelog: line 4 was not applied: its ifValue does not hold',
        `statelog: the conditions of 2 lines did not hold; see ${rejects}`,
        '',
      ].join('\n'),
    );
    t.is(await scanned(store), 'a\t3\nn\t3\n');
    t.is(readFileSync(rejects, 'utf8'), `${lines[1] as string}\n${JSON.stringify(lines[3])}\n`);

    const again = await commandLine(['put', store, '--batch', rejects, '-q']);
    t.like(again, { exitCode: 1, stderr: '' }, 'they can be put again, and --quiet says nothing');
  }
});

test('--skip-bad passes over what cannot be taken, keeps it as it came, and ends with 2', async (t) => {
  for (const store of places(t)) {
    const rejects = `${store}.rejects`;
    writeFileSync(rejects, 'from before');
    const bad = ['not json', '{"op":"get","key":"a"}', '{"key":"w","value":"1","ifValue":null}'];
    const word = { key: 'word', value: 'x' };
    const sum = { op: 'increment', key: 'word' };
    const lines = [{ key: 'a', value: '1' }, ...bad, '', word, sum, { key: 'b', value: '2' }];
    const result = await batch(store, lines, '--skip-bad', '--rejects', rejects, '--json', '--ack');
    t.is(result.exitCode, 2);
    t.is(result.stdout.trimEnd().split('\n').at(-1), '{"acknowledged":8}');
    const said = result.stderr
      .trimEnd()
      .split('\n')
      .map((line) => (JSON.parse(line) as { rejected: { line: number; reason: string } }).rejected);
    t.deepEqual(
      said.map(({ line, reason }) => [line, reason]),
      [2, 3, 4, 7].map((line) => [line, 'refused']),
    );
    t.is(await scanned(store), 'a\t1\nb\t2\nword\tx\n');
    t.is(readFileSync(rejects, 'utf8'), `from before\n${[...bad, JSON.stringify(sum)].join('\n')}\n`);
  }
});

test('what is no line of its own ends a batch all the same', async (t) => {
  const store = path.join(tempDir(t), 'store');
  const utf16 = Buffer.from('\ufeffa\t1\n', 'utf16le');
  const flags = ['put', store, '--batch', '-', '--skip-bad'];
  t.is((await commandLine(flags, { input: [utf16] })).exitCode, 2);
  t.is(
    (await commandLine(flags, { input: ['{"statelog":1,"kind":"log"}\n{"key":"a","value":"1"}\n'] }))
      .exitCode,
    3,
  );
});

test('rejects of tabbed lines, and of deletes, are kept as they came', async (t) => {
  const store = path.join(tempDir(t), 'store');
  const rejects = `${store}.rejects`;
  const put = ['put', store, '--batch', '-', '--tsv', '--skip-bad', '--rejects', rejects];
  t.is((await commandLine(put, { input: ['\ufeffno tab\na\\tb\t1\nx\ty\tz'] })).exitCode, 2);
  t.is(readFileSync(rejects, 'utf8'), 'no tab\nx\ty\tz\n');
  const deletes = [
    '{"key":"a\\tb","ifValue":"2"}',
    '{"op":"put","key":"a"}',
    '{"key":"a\\tb","ifValue":"1"}',
  ];
  const remove = ['delete', store, '--batch', '-', '--skip-bad', '--rejects', rejects];
  t.is((await commandLine(remove, { input: [deletes.join('\n')] })).exitCode, 2);
  t.is(readFileSync(rejects, 'utf8'), `no tab\nx\ty\tz\n${deletes[0]!}\n${deletes[1]!}\n`);
  t.is(await scanned(store), '');
});

test('the rejects are not the batch, nor in a store, nor nowhere: nothing is made then', async (t) => {
  const folder = tempDir(t);
  const [store, input] = ['store', 'input'].map((name) => path.join(folder, name)) as [string, string];
  writeFileSync(input, '{"key":"a","value":"1"}\n');
  for (const [rejects, exitCode] of [
    [input, 8],
    [path.join(folder, 'none', 'rejects'), 6],
    ['', 2],
  ] as const)
    t.is(
      (await commandLine(['put', store, '--batch', input, '--rejects', rejects])).exitCode,
      exitCode,
      rejects,
    );
  t.false(existsSync(store));
  for (const flag of [['--rejects', 'x'], ['--skip-bad']])
    t.is((await commandLine(['put', store, 'k', 'v', ...flag])).exitCode, 2, flag[0]);
});

interface Line {
  readonly op: string;
  readonly key: string;
  readonly value?: string;
  readonly ifAbsent?: boolean;
  readonly ifValue?: string;
  readonly by?: number;
}

test('conditions in any order of lines come to what one after the other come to', async (t) => {
  const key = fc.constantFrom('a', 'b');
  const value = fc.constantFrom('1', '2');
  const line = fc.oneof(
    fc.record({ op: fc.constant('put'), key, value }),
    fc.record({ op: fc.constant('put'), key, value, ifAbsent: fc.constant(true) }),
    fc.record({ op: fc.constant('put'), key, value, ifValue: value }),
    fc.record({ op: fc.constantFrom('delete', 'purge'), key, ifValue: value }),
    fc.record({ op: fc.constant('increment'), key, by: fc.integer({ min: -2, max: 2 }) }),
  );
  await fc.assert(
    fc.asyncProperty(
      fc.array(line as fc.Arbitrary<Line>, { maxLength: 30 }),
      fc.boolean(),
      async (lines, hasSource) => {
        const store = path.join(tempDir(t), 'store');
        const model = new Map<string, string>();
        let rejected = 0;
        for (const { op, key: name, value: given, ifAbsent, ifValue, by } of lines) {
          const found = model.get(name);
          if (ifAbsent === true ? found !== undefined : ifValue !== undefined && found !== ifValue)
            rejected += 1;
          else if (op === 'put') model.set(name, given!);
          else if (op === 'increment') model.set(name, String(Number(found ?? 0) + by!));
          else model.delete(name);
        }
        const flags = hasSource ? ['--json', '--source', 'feed'] : ['--json'];
        const { exitCode, stderr } = await batch(store, lines, ...flags);
        t.is(exitCode, rejected > 0 ? 1 : 0, stderr);
        t.is(stderr.split('\n').length - 1, rejected);
        const expected = [...model].sort().map(([name, text]) => `${name}\t${text}\n`);
        t.is(await scanned(store), expected.join(''));
        if (!hasSource) return;
        t.is((await batch(store, lines, ...flags)).exitCode, 0, 'what was taken is not looked at again');
        t.is(await scanned(store), expected.join(''));
      },
    ),
    { numRuns: 30 },
  );
});

test('rejects go to a FIFO, too, a device or what a shell reads of a substitution', async (t) => {
  const folder = tempDir(t);
  const store = path.join(folder, 'store');
  const fifo = path.join(folder, 'fifo');
  execFileSync('mkfifo', [fifo]);
  const reader = openSync(fifo, constants.O_RDWR | constants.O_NONBLOCK);
  const { exitCode } = await batch(
    store,
    ['{"key":"a","value":"1"}', 'bad', 'worse'],
    '--skip-bad',
    '--rejects',
    fifo,
  );
  t.is(exitCode, 2);
  const bytes = Buffer.alloc(100);
  t.is(bytes.toString('utf8', 0, readSync(reader, bytes)), 'bad\nworse\n');
  closeSync(reader);
  t.is((await batch(store, ['bad'], '--skip-bad', '--rejects', '/dev/null')).exitCode, 2);
});
