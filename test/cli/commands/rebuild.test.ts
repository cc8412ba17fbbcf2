import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import test, { type ExecutionContext } from 'ava';
import fc from 'fast-check';
import { formatTime } from '../../../src/engine/bytes/text/time-text.js';
import { StateDirectory } from '../../../src/engine/directory/state-directory.js';
import { manualClock } from '../../engine/wal/manual-clock.js';
import { commandLine, type CommandLineResult } from '../../support/command-line.js';
import { tempDir } from '../../support/temp-dir.js';
import { linesOf } from './fixture-lines.js';

const START_NS = 1_790_000_000_000_000_000n;
const STEP_NS = 1_000n;

type Step = { readonly put: number } | { readonly delete: number } | 'checkpoint';

const steps = fc.array(
  fc.oneof(
    { weight: 5, arbitrary: fc.record({ put: fc.nat(9) }) },
    { weight: 2, arbitrary: fc.record({ delete: fc.nat(9) }) },
    { weight: 2, arbitrary: fc.constant('checkpoint' as const) },
  ),
  { minLength: 3, maxLength: 20 },
);

/** A store that was written step by step; and its content before each moment at which something was done. */
interface History {
  readonly root: string;
  readonly moments: readonly { readonly ns: bigint; readonly content: ReadonlyMap<string, string> }[];
  /** No state before this one can be made again: the oldest kept checkpoint was made at it. */
  readonly oldestNs: bigint | undefined;
}

async function written(t: ExecutionContext, cores: number, todo: readonly Step[]): Promise<History> {
  const root = path.join(tempDir(t), 'store');
  StateDirectory.create(root, { cores });
  const clock = manualClock(START_NS);
  const store = await StateDirectory.open(root, { clock });
  const content = new Map<string, string>();
  const moments: { ns: bigint; content: ReadonlyMap<string, string> }[] = [];
  const checkpointed = [];
  for (const [index, step] of todo.entries()) {
    clock.ns += STEP_NS;
    moments.push({ ns: clock.ns, content: new Map(content) });
    if (step === 'checkpoint') {
      if (await store.checkpoint({ keep: 3 })) checkpointed.push(clock.ns);
      continue;
    }
    const key = `key ${'put' in step ? step.put : step.delete}`;
    if ('put' in step) {
      store.put(Buffer.from(key), Buffer.from(`value ${index}`));
      content.set(key, `value ${index}`);
    } else {
      store.delete(Buffer.from(key));
      content.delete(key);
    }
    await store.sync();
  }
  moments.push({ ns: clock.ns + STEP_NS, content });
  store.close();
  return { root, moments, oldestNs: checkpointed.at(-3) ?? checkpointed[0] };
}

async function contentOf(store: string): Promise<Record<string, string>> {
  const { stdout } = await commandLine(['scan', store]);
  const lines = stdout.split('\n').filter((line) => line !== '');
  return Object.fromEntries(lines.map((line) => line.split('\t') as [string, string]));
}

function rebuild(root: string, ns: bigint, into: string, ...flags: string[]): Promise<CommandLineResult> {
  return commandLine(['wal-replay', root, '--to-time', formatTime(ns), '--into', into, ...flags]);
}

test('a store is made again as it was before any moment that lies behind a kept checkpoint, and before none that does not', async (t) => {
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(1, 3), steps, async (cores, todo) => {
      const { root, moments, oldestNs } = await written(t, cores, todo);
      for (const [index, { ns, content }] of moments.entries()) {
        const into = path.join(path.dirname(root), `made-${index}`);
        const { exitCode, stderr } = await rebuild(root, ns, into);
        if (oldestNs !== undefined && ns <= oldestNs) {
          t.is(exitCode, 6, stderr);
          t.regex(
            stderr,
            /no checkpoint is kept that is known to lie before that time: .*; nothing was written;/,
          );
          continue;
        }
        t.is(exitCode, 0, stderr);
        t.deepEqual(await contentOf(into), Object.fromEntries([...content].sort()));
      }
    }),
    { numRuns: 12 },
  );
});

const HISTORY: readonly Step[] = [
  { put: 1 },
  { put: 2 },
  'checkpoint',
  { put: 1 },
  'checkpoint',
  { put: 3 },
  { delete: 2 },
  { put: 4 },
];

test('it says which checkpoint it starts from, and of a moment too early the earliest one, which works', async (t) => {
  const { root, moments } = await written(t, 1, HISTORY);
  const made = path.join(path.dirname(root), 'made');
  const done = await rebuild(root, moments[7]!.ns, made);
  t.regex(
    done.stderr,
    /starting from the checkpoint of epoch 2, with records up to .*; reading the log of epoch 3 \(live\)/,
  );
  t.is(done.stdout, `${made}: took 2 keys of checkpoint 2, applied 1 put and 1 delete\n`);
  const early = path.join(path.dirname(root), 'early');
  const refused = await rebuild(root, moments[1]!.ns, early);
  t.is(refused.exitCode, 6);
  const [, earliest] = /--to-time (\S+) --into NEW/.exec(refused.stderr)!;
  t.is((await commandLine(['wal-replay', root, '--to-time', earliest!, '--into', early])).exitCode, 0);
  t.deepEqual(await contentOf(early), { 'key 1': 'value 0', 'key 2': 'value 1' });
});

test('an epoch bounds it as well; a prefix holds for the checkpoint, too; and --json says what was taken', async (t) => {
  const { root } = await written(t, 2, HISTORY);
  const made = path.join(path.dirname(root), 'made.snap');
  const flags = ['--to-epoch', '2', '--prefix', 'key 1', '--into', made, '--json'];
  const { exitCode, stdout } = await commandLine(['wal-replay', root, ...flags]);
  t.is(exitCode, 0);
  t.deepEqual(JSON.parse(stdout), {
    applied: { path: made, puts: 0, deletes: 0, base: { epoch: '1', keys: 1 } },
  });
  t.deepEqual(await contentOf(made), { 'key 1': 'value 0' });
});

test('filters that ask for a part of the records, and a store that is there, start from no checkpoint', async (t) => {
  const { root, moments } = await written(t, 1, HISTORY);
  const made = path.join(path.dirname(root), 'made');
  const end = moments.at(-1)!.ns;
  t.is((await rebuild(root, end, made, '--op', 'put')).stdout, `${made}: applied 3 puts and 0 deletes\n`);
  const onto = await rebuild(root, end, made, '--onto-existing');
  t.is(onto.stdout, `${made}: applied 3 puts and 1 delete\n`);
});

test('a damaged checkpoint is passed over for an older one, whose logs repeat it; with none left nothing is made', async (t) => {
  const { root, moments } = await written(t, 1, HISTORY);
  const [made, other] = ['made', 'other'].map((name) => path.join(path.dirname(root), name)) as [
    string,
    string,
  ];
  rot(path.join(root, 'checkpoints/2/state-0.idx'));
  const { exitCode, stdout } = await rebuild(root, moments[7]!.ns, made);
  t.is(exitCode, 3);
  t.regex(
    stdout,
    /finding\s+damage\s+index-mismatch[\s\S]*took 2 keys of checkpoint 1, applied 2 puts and 1 delete/,
  );
  t.deepEqual(await contentOf(made), { 'key 1': 'value 3', 'key 3': 'value 5' });
  rot(path.join(root, 'checkpoints/1/state-0.idx'));
  const refused = await rebuild(root, moments[7]!.ns, other);
  t.is(refused.exitCode, 3);
  t.regex(refused.stderr, /nothing was written; run 'statelog repair /);
  t.false(readdirSync(path.dirname(root)).includes('other'));
});

test('damage behind the moment stops nothing; damage before it does', async (t) => {
  const changes = Array.from({ length: 10 }, (_, key) => ({ put: key }));
  const { root, moments } = await written(t, 2, [{ put: 1 }, 'checkpoint', ...changes]);
  for (const core of [0, 1]) {
    const segment = path.join(root, `wal/2/wal-${core}.log`);
    const { stdout } = await commandLine(['wal-replay', segment, '--json']);
    const [, second] = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { offset: number });
    const bytes = readFileSync(segment);
    bytes[second!.offset + 20]! ^= 1;
    writeFileSync(segment, bytes);
  }
  const [made, before] = ['made', 'before'].map((name) => path.join(path.dirname(root), name)) as [
    string,
    string,
  ];
  t.is((await rebuild(root, moments.at(-1)!.ns, made)).exitCode, 3);
  // Each core's first record is past it, and so is all that follows.
  t.is((await rebuild(root, moments[2]!.ns, before)).exitCode, 0);
  t.deepEqual(await contentOf(before), { 'key 1': 'value 0' });
});

/** Turns a byte of the first key. */
function rot(file: string): void {
  const bytes = readFileSync(file);
  bytes[bytes.indexOf('key ')]! ^= 1;
  writeFileSync(file, bytes);
}

test('a store is made again as it was before any record that is kept, by its core and number, or by its byte', async (t) => {
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(1, 3), steps, async (cores, todo) => {
      const { root, moments } = await written(t, cores, todo);
      const { stdout } = await commandLine(['wal-replay', root, '--json']);
      const records = linesOf(stdout);
      const live = records.at(-1)?.['segment'];
      for (const [index, record] of records.entries()) {
        const moment = moments.find(({ ns }) => String(ns) === record['timestampNs']);
        if (moment === undefined || record['op'] === 'epochBarrier') continue;
        const expected = Object.fromEntries([...moment.content].sort());
        const place = `${String(record['coreId'])}:${String(record['sequence'])}`;
        const into = path.join(path.dirname(root), `before-${index}`);
        const made = await commandLine(['wal-replay', root, '--to-sequence', place, '--into', into]);
        t.is(made.exitCode, 0, made.stderr);
        t.deepEqual(await contentOf(into), expected, place);
        if (record['segment'] !== live) continue;
        const atByte = [
          'wal-replay',
          root,
          '--to-offset',
          String(record['offset']),
          '--into',
          `${into}-byte`,
        ];
        const { exitCode, stderr } = await commandLine(atByte);
        t.is(exitCode, cores === 1 ? 0 : 2, stderr);
        if (cores === 1) t.deepEqual(await contentOf(`${into}-byte`), expected);
      }
    }),
    { numRuns: 8 },
  );
});

test('the records before one are shown in merged order, and a record that no checkpoint lies before is told', async (t) => {
  const root = path.join(tempDir(t), 'store');
  await commandLine(['create', root, '--cores', '2']);
  const input = [Array.from({ length: 20 }, (_, index) => `key ${index}\t${index}\n`).join('')];
  await commandLine(['put', root, '--batch', '-', '--tsv'], { input });
  const lines = linesOf((await commandLine(['wal-replay', root, '--json'])).stdout);
  const index = lines.findIndex(({ coreId, sequence }) => coreId === 1 && sequence === '3');
  const before = await commandLine(['wal-replay', root, '--to-sequence', '1:3', '--json']);
  t.deepEqual(linesOf(before.stdout), lines.slice(0, index));
  const newest = await commandLine([
    'wal-replay',
    root,
    '--to-sequence',
    '1:3',
    '--reverse',
    '--limit',
    '2',
    '--json',
  ]);
  t.deepEqual(linesOf(newest.stdout), lines.slice(index - 2, index).reverse());
  await commandLine(['checkpoint', root]);
  const into = path.join(path.dirname(root), 'new');
  const { exitCode, stderr } = await commandLine([
    'wal-replay',
    root,
    '--to-sequence',
    '1:3',
    '--into',
    into,
  ]);
  t.is(exitCode, 6);
  t.regex(
    stderr,
    /no checkpoint is kept that lies before that record: .*nothing was written; the earliest .*--to-sequence 1:\d+ --into NEW/,
  );
  const earliest = /--to-sequence (1:\d+)/.exec(stderr)![1]!;
  t.is((await commandLine(['wal-replay', root, '--to-sequence', earliest, '--into', into])).exitCode, 0);
  for (const other of [['--no-merge'], ['--follow'], ['--commits']])
    t.is((await commandLine(['wal-replay', root, '--to-sequence', '1:3', ...other])).exitCode, 2);
});
