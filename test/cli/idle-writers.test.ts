import { copyFileSync, cpSync, readdirSync, renameSync, rmSync, truncateSync } from 'node:fs';
import path from 'node:path';
import test from 'ava';
import { runBatch } from '../../src/cli/batch/run-batch.js';
import { runSession } from '../../src/cli/session/run-session.js';
import { commandLine } from '../support/command-line.js';
import { tempDir } from '../support/temp-dir.js';
import { leaseOf, Producer, RUN } from './leases.js';

/* What other hands do to a store while a writer that waits for input has let go of its lock. */

/** A store, and a copy of it from before the writer wrote to it. */
interface Places {
  readonly store: string;
  readonly copy: string;
}

type Act = (places: Places) => unknown;

const done = async (t: { is(a: unknown, b: unknown): void }, argv: readonly string[]): Promise<void> => {
  t.is((await commandLine([...argv])).exitCode, 0);
};
const emptied = ({ store }: Places): void => {
  for (const name of readdirSync(store)) rmSync(path.join(store, name), { recursive: true });
};

/** By words that follow "it was"; whether it is a fold log, and what is done. */
const REPLACED: Readonly<Record<string, readonly ['log' | 'directory', Act]>> = {
  'restored by a rename': ['log', ({ store, copy }) => renameSync(copy, store)],
  'restored over itself': ['log', ({ store, copy }) => copyFileSync(copy, store)],
  'removed and restored': ['log', ({ store, copy }) => (rmSync(store), copyFileSync(copy, store))],
  'cut to nothing': ['log', ({ store }) => truncateSync(store)],
  'cut within': ['log', ({ store }) => truncateSync(store, 12)],
  'removed and made anew': ['log', ({ store }) => (rmSync(store), commandLine(['put', store, 'z', '1']))],
  'made a folder': [
    'log',
    ({ store, copy }) => (rmSync(store), cpSync(path.dirname(copy), store, { recursive: true })),
  ],
  'restored file by file': [
    'directory',
    ({ store, copy }) => cpSync(copy, store, { recursive: true, force: true }),
  ],
  'emptied and restored': [
    'directory',
    (places) => (emptied(places), cpSync(places.copy, places.store, { recursive: true })),
  ],
  'restored and put into': [
    'directory',
    async ({ store, copy }) => {
      cpSync(copy, store, { recursive: true, force: true });
      await commandLine(['put', store, 'other', 'x'.repeat(500)]);
    },
  ],
  'restored and checkpointed': [
    'directory',
    async ({ store, copy }) => {
      cpSync(copy, store, { recursive: true, force: true });
      await commandLine(['put', store, 'other', 'x'.repeat(500)]);
      await commandLine(['checkpoint', store]);
    },
  ],
  emptied: ['directory', emptied],
  'emptied and put into': [
    'directory',
    (places) => (emptied(places), commandLine(['put', places.store, 'z', '1'])),
  ],
};

/** By words that follow "others". */
const GONE_ON: Readonly<Record<string, (places: Places) => readonly (readonly string[])[]>> = {
  'put and delete': ({ store }) => [
    ['put', store, 'o', '1'],
    ['delete', store, 'w1'],
  ],
  'compacted it': ({ store }) => [['compact', store]],
  'put, compacted it, and put': ({ store }) => [
    ['put', store, 'w1', 'another value'],
    ['compact', store],
    ['put', store, 'o', '1'],
  ],
  'checkpointed it again and again': ({ store }) =>
    ['1', '2', '3'].flatMap((value) => [
      ['put', store, 'o', value],
      ['checkpoint', store, ...(store.endsWith('.snap') ? ['--cursor', value] : [])],
    ]),
};

/** A producer that sends the first lines, lets `act` work once the lock is another's to take, and sends the others. */
async function* producer(
  store: string,
  [first, second]: readonly [string, string],
  act: () => unknown,
): AsyncGenerator<string, void> {
  yield first;
  await commandLine(['put', store, 'another', 'by then', '--wait', '30']);
  await act();
  yield second;
}

async function placesOf(t: Parameters<typeof tempDir>[0], kind: 'log' | 'directory'): Promise<Places> {
  const folder = tempDir(t);
  const name = kind === 'log' ? 'l.snap' : 'store';
  const [store, copy] = [path.join(folder, name), path.join(folder, 'copies', name)];
  for (const [key, value] of ['a', 'w1', 'w2'].entries())
    await commandLine(['put', store, value, `old ${key}`]);
  await commandLine(['checkpoint', store, ...(kind === 'log' ? ['--cursor', '1'] : [])]);
  await commandLine(['put', store, 'b', '2']);
  cpSync(store, copy, { recursive: true });
  return { store, copy };
}

const line = (key: string, id?: number): string =>
  `${JSON.stringify({ id, op: 'put', key, value: 'new' })}\n`;

for (const [way, [kind, act]] of Object.entries(REPLACED)) {
  test(`a batch does not go on in a ${kind} that was ${way} while its lock was let go`, async (t) => {
    const places = await placesOf(t, kind);
    const lease = leaseOf(places.store, 10);
    const terminal = new Producer(producer(places.store, [line('w1'), line('w2')], () => act(places)));
    const error = await t.throwsAsync(runBatch(lease, RUN, terminal), { code: 'STORE_REPLACED' });
    lease.letGo();
    t.regex(error.message, /while its lock was let go$/);
    t.is(terminal.stdout, '{"acknowledged":1}\n');
    t.not((await commandLine(['get', places.store, 'w2'])).stdout, 'new');
  });
}

for (const way of ['restored by a rename', 'made a folder', 'restored file by file', 'emptied']) {
  const [kind, act] = REPLACED[way]!;
  test(`a session says once that a ${kind} was ${way} while its lock was let go`, async (t) => {
    const places = await placesOf(t, kind);
    const lease = leaseOf(places.store, 10);
    const requests = producer(places.store, [line('w1', 1), line('w2', 2) + line('w3', 3)], () =>
      act(places),
    );
    const terminal = new Producer(requests);
    await runSession(lease, terminal, { encodings: RUN.format.encodings });
    lease.letGo();
    const answers = terminal.stdout
      .split('\n')
      .slice(0, -1)
      .map((text) => JSON.parse(text) as object);
    t.like(answers, [
      { id: 1, ok: true },
      { id: 2, error: { code: 'STORE_REPLACED' } },
    ]);
    const isStore = way !== 'made a folder';
    t.is('ok' in answers[2]!, isStore);
    if (isStore) t.is((await commandLine(['get', places.store, 'w3'])).stdout, 'new');
  });
}

for (const kind of ['log', 'directory'] as const) {
  for (const [way, commands] of Object.entries(GONE_ON)) {
    test(`a batch goes on in a ${kind} though others ${way} while its lock was let go`, async (t) => {
      const places = await placesOf(t, kind);
      const lease = leaseOf(places.store, 10);
      const act = async (): Promise<void> => {
        for (const argv of commands(places)) await done(t, argv);
      };
      const terminal = new Producer(producer(places.store, [line('w1'), line('w2')], act));
      t.like(await runBatch(lease, RUN, terminal), { lines: 2n });
      lease.letGo();
      t.is((await commandLine(['get', places.store, 'w2'])).stdout, 'new');
      t.is((await commandLine(['get', places.store, 'another'])).stdout, 'by then');
    });
  }
}

test('a store that is restored before the lock is let go is told of, too', async (t) => {
  for (const kind of ['log', 'directory'] as const) {
    const places = await placesOf(t, kind);
    const lease = leaseOf(places.store, 200);
    async function* restoring(): AsyncGenerator<string, void> {
      yield line('w1');
      while (terminal.stdout === '') await new Promise(setImmediate);
      cpSync(places.copy, places.store, { recursive: true, force: true });
      await commandLine(['put', places.store, 'another', 'by then', '--wait', '30']);
      yield line('w2');
    }
    const terminal = new Producer(restoring());
    await t.throwsAsync(runBatch(lease, RUN, terminal), { code: 'STORE_REPLACED' });
    lease.letGo();
    t.is(terminal.stdout, '{"acknowledged":1}\n');
  }
});
