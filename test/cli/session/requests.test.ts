import path from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { runSession } from '../../../src/cli/session/run-session.js';
import { StoreLease } from '../../../src/cli/command/store-lease.js';
import { StateDirectory } from '../../../src/engine/directory/state-directory.js';
import type { Fault } from '../../simulated-disk/faults/fault-plan.js';
import { SimulatedFileSystem } from '../../simulated-disk/index.js';
import { commandLine } from '../../support/command-line.js';
import { MemoryTerminal } from '../../support/memory-terminal.js';
import { tempDir } from '../../support/temp-dir.js';

type Json = Record<string, unknown>;

const lines = (requests: readonly unknown[]): string =>
  requests.map((request) => `${typeof request === 'string' ? request : JSON.stringify(request)}\n`).join('');

async function answersOf(
  store: string,
  requests: readonly unknown[],
  flags: readonly string[] = [],
): Promise<Json[]> {
  const { exitCode, stdout } = await commandLine(['session', store, ...flags], { input: [lines(requests)] });
  if (exitCode !== 0) throw new Error(`it ended with ${exitCode}`);
  return stdout
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as Json);
}

const places = (t: ExecutionContext): string[] =>
  ['store', 'fold.snap'].map((name) => path.join(tempDir(t), name));

test('each request has an answer, in order, with its id, and sees what was changed before it', async (t) => {
  for (const store of places(t)) {
    const answers = await answersOf(store, [
      { id: 1, op: 'put', key: 'a', value: '1' },
      { id: 'two', op: 'get', key: 'a' },
      { op: 'get', key: 'none' },
      { id: 4, op: 'put', key: 'b', valueBase64: '/g==' },
      { id: 5, op: 'get', key: 'b' },
      { id: null, op: 'scan', keysOnly: true },
      { id: [7], op: 'delete', key: 'a' },
      { id: 8, op: 'delete', key: 'a' },
      { id: 9, op: 'count' },
    ]);
    t.deepEqual(answers, [
      { id: 1, ok: true, applied: true },
      { id: 'two', ok: true, found: true, value: '1' },
      { ok: true, found: false },
      { id: 4, ok: true, applied: true },
      { id: 5, ok: true, found: true, valueBase64: '/g==' },
      { id: null, ok: true, entries: [{ key: 'a' }, { key: 'b' }], more: false },
      { id: [7], ok: true, deleted: true },
      { id: 8, ok: true, deleted: false },
      { id: 9, ok: true, count: 1 },
    ]);
  }
});

test('short answers are the value, + or -; an object is what says more, has an id, or is no text', async (t) => {
  for (const store of places(t)) {
    const said: readonly (readonly [request: object, answer: string])[] = [
      [{ op: 'put', key: 'a', value: 'one\ttwo\\\u009b' }, '+'],
      [{ op: 'put', key: 'a', value: '2', ifAbsent: true }, '-'],
      [{ op: 'get', key: 'a' }, '=one\\ttwo\\\\\\xc2\\x9b'],
      [{ op: 'get', key: 'none' }, '-'],
      [{ op: 'put', key: 'empty', value: '' }, '+'],
      [{ op: 'get', key: 'empty' }, '='],
      [{ op: 'check', key: 'a', ifValue: 'x' }, '-'],
      [{ op: 'increment', key: 'n', by: 7 }, '=7'],
      [{ op: 'count' }, '=3'],
      [{ op: 'delete', key: 'n' }, '+'],
      [{ op: 'delete', key: 'n' }, '-'],
      [{ op: 'put', key: 'b', valueBase64: '/g==' }, '+'],
      [{ op: 'get', key: 'b' }, '{"ok":true,"found":true,"valueBase64":"/g=="}'],
      [{ id: 1, op: 'get', key: 'empty' }, '{"id":1,"ok":true,"found":true,"value":""}'],
      [{ op: 'scan', prefix: 'e', keysOnly: true }, '{"ok":true,"entries":[{"key":"empty"}],"more":false}'],
      [
        { op: 'group', operations: [{ op: 'get', key: 'none' }] },
        '{"ok":true,"applied":true,"results":[{"found":false}]}',
      ],
      [
        { op: 'group', operations: [{ op: 'check', key: 'a', ifValue: 'x' }] },
        '{"ok":true,"applied":false,"failed":0}',
      ],
    ];
    const input = [lines(said.map(([request]) => request))];
    const { stdout } = await commandLine(['session', store, '--short'], { input });
    t.deepEqual(
      stdout.split('\n').slice(0, -1),
      said.map(([, answer]) => answer),
    );
  }
  const [refused] = await answersOf(path.join(tempDir(t), 'store'), [{ op: 'frob' }], ['--short']);
  t.is((refused!['error'] as Json)['code'], 'INVALID_LINE');
});

test('conditions and sums are looked at where they stand', async (t) => {
  for (const store of places(t)) {
    const answers = await answersOf(store, [
      { op: 'put', key: 'k', value: '1', ifAbsent: true },
      { op: 'put', key: 'k', value: '2', ifAbsent: true },
      { op: 'put', key: 'k', value: '3', ifValue: 'other' },
      { op: 'put', key: 'k', value: '10', ifValue: '1' },
      { op: 'increment', key: 'k', by: -12 },
      { op: 'increment', key: 'new' },
      { op: 'check', key: 'k', ifValue: '-2' },
      { op: 'delete', key: 'k', ifValue: 'x' },
      { op: 'delete', key: 'k', ifValue: '-2' },
      { op: 'increment', key: 'new', by: '9223372036854775807' },
    ]);
    t.deepEqual(
      answers.slice(0, 9).map(({ ok: _, ...fields }) => fields),
      [
        { applied: true },
        { applied: false },
        { applied: false },
        { applied: true },
        { value: '-2' },
        { value: '1' },
        { held: true },
        { deleted: false },
        { deleted: true },
      ],
    );
    t.is((answers[9]!['error'] as Json)['code'], 'LIMIT_EXCEEDED');
  }
});

test('a group is done whole, or not at all where one condition does not hold', async (t) => {
  for (const store of places(t)) {
    const answers = await answersOf(store, [
      {
        op: 'group',
        operations: [
          { op: 'put', key: 'a', value: '1' },
          { op: 'increment', key: 'n', by: 2 },
          { op: 'increment', key: 'n', by: 3 },
          { op: 'get', key: 'a' },
        ],
      },
      {
        op: 'group',
        operations: [
          { op: 'put', key: 'a', value: 'lost' },
          { op: 'check', key: 'n', ifValue: '6' },
          { op: 'delete', key: 'n' },
        ],
      },
      { op: 'scan' },
      {
        op: 'group',
        operations: [
          { op: 'put', key: 'z', value: '1' },
          { op: 'put', key: 'y' },
        ],
      },
      { op: 'group', operations: [] },
      { op: 'count' },
    ]);
    t.deepEqual(answers[0], {
      ok: true,
      applied: true,
      results: [{ applied: true }, { value: '2' }, { value: '5' }, { found: true, value: '1' }],
    });
    t.deepEqual(answers[1], { ok: true, applied: false, failed: 1 });
    t.deepEqual(answers[2], {
      ok: true,
      entries: [
        { key: 'a', value: '1' },
        { key: 'n', value: '5' },
      ],
      more: false,
    });
    t.is((answers[3]!['error'] as Json)['code'], 'INVALID_LINE');
    t.deepEqual(answers[4], { ok: true, applied: true, results: [] });
    t.deepEqual(answers[5], { ok: true, count: 2 });
  }
});

test('sources go with a group in a state directory, and a cursor in a fold log', async (t) => {
  const [store, fold] = places(t) as [string, string];
  const commit = { op: 'commit', sources: { orders: '12' }, watermark: '99' };
  const put = { op: 'put', key: 'a', value: '1' };
  const answers = await answersOf(store, [
    { op: 'group', operations: [put, commit] },
    { ...commit, sources: { other: 3 } },
  ]);
  t.deepEqual(
    answers.map(({ ok }) => ok),
    [true, true],
  );
  const reader = StateDirectory.openReadOnly(store);
  t.deepEqual(
    [...reader.progress.sources],
    [
      ['orders', 12n],
      ['other', 3n],
    ],
  );
  t.is(reader.progress.watermark, 99n);
  reader.close();
  const [refused, moved] = await answersOf(fold, [
    commit,
    { op: 'group', operations: [put, { op: 'commit', cursor: '42' }] },
  ]);
  t.is((refused!['error'] as Json)['code'], 'NOT_REPRESENTABLE');
  t.true(moved!['ok']);
  t.true((await commandLine(['stat', fold, '--json'])).stdout.includes('"42"'));
});

test('what is wrong is an answer, and the session goes on', async (t) => {
  const [store] = places(t) as [string];
  const requests = [
    'not json',
    '[1]',
    '',
    '   ',
    { id: 1 },
    { id: 2, op: 'frob' },
    { id: 3, op: 'put', key: 'k' },
    { id: 4, op: 'get', key: 5 },
  ];
  const answers = await answersOf(store, [...requests, { id: 5, op: 'count' }]);
  t.deepEqual(
    answers.map(({ id }) => id),
    [undefined, undefined, 1, 2, 3, 4, 5],
  );
  t.deepEqual(answers.at(-1), { id: 5, ok: true, count: 0 });
  for (const answer of answers.slice(0, -1)) t.is((answer['error'] as Json)['code'], 'INVALID_LINE');
});

test('a store that is not there and may not be made ends it before anything is read', async (t) => {
  const store = path.join(tempDir(t), 'none');
  t.is((await commandLine(['session', store, '--no-create'], { input: [''] })).exitCode, 6);
});

/** A session on a simulated disk, and how often the log was synced. */
async function simulated(
  requests: readonly unknown[],
  plan?: (synced: number) => Fault | undefined,
): Promise<{ readonly answers: Json[]; readonly syncs: number }> {
  let syncs = 0;
  const fileSystem = new SimulatedFileSystem({
    plan: ({ name, path: at }) => {
      if (name !== 'fdatasync' || !at.includes('/wal/')) return undefined;
      syncs += 1;
      return plan?.(syncs);
    },
  });
  StateDirectory.create('/store', { fileSystem });
  const notices = { notice: () => undefined, warn: () => undefined };
  const store = new StoreLease({ path: '/store', opening: { fileSystem }, notices, idleMs: 1000 });
  const terminal = new MemoryTerminal({ input: [lines(requests)] });
  await runSession(store, terminal, { encodings: { key: 'utf8', value: 'utf8' } });
  store.letGo();
  return {
    answers: terminal.stdout
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line) as Json),
    syncs,
  };
}

test('a session knows the lines of a batch: purge, and the cursor of a fold', async (t) => {
  for (const store of places(t)) {
    const answers = await answersOf(store, [
      { op: 'put', key: 'a', value: '1' },
      { op: 'purge', key: 'a' },
      { op: 'cursor', cursor: 7 },
      {
        op: 'group',
        operations: [
          { op: 'put', key: 'b', value: '2' },
          { op: 'cursor', cursor: '8' },
        ],
      },
    ]);
    t.like(answers.slice(0, 2), [{ applied: true }, { deleted: true }]);
    const { cursor } = JSON.parse((await commandLine(['stat', store, '--json'])).stdout) as Json;
    if (store.endsWith('.snap')) t.is(cursor, '8');
    else
      t.like(answers.slice(2), [
        { error: { code: 'NOT_REPRESENTABLE' } },
        { error: { code: 'NOT_REPRESENTABLE' } },
      ]);
  }
});

test('a thousand lines that wait cost one sync', async (t) => {
  const requests = Array.from({ length: 1000 }, (_, id) => ({ id, op: 'put', key: `key ${id}`, value: 'v' }));
  const { answers, syncs } = await simulated(requests);
  t.is(answers.length, 1000);
  t.is(syncs, 1);
});

test('where a sync fails, every answer from the first change on is the error, and the session goes on', async (t) => {
  const { answers } = await simulated(
    [
      { id: 1, op: 'get', key: 'a' },
      { id: 2, op: 'put', key: 'a', value: '1' },
      { id: 3, op: 'get', key: 'a' },
    ],
    (synced) => (synced === 1 ? { kind: 'error', errno: 'EIO', when: 'before' } : undefined),
  );
  t.deepEqual(answers[0], { id: 1, ok: true, found: false });
  t.deepEqual(
    answers.slice(1).map(({ id, ok }) => [id, ok]),
    [
      [2, undefined],
      [3, undefined],
    ],
  );
});
