import { cpSync, renameSync } from 'node:fs';
import path from 'node:path';
import test from 'ava';
import { runBatch } from '../../src/cli/batch/run-batch.js';
import { StateDirectory } from '../../src/engine/directory/state-directory.js';
import type { FileSystem } from '../../src/engine/storage-io/interface/file-system.js';
import { crashAt, powerLossImages, SimulatedDisk, SimulatedFileSystem } from '../simulated-disk/index.js';
import { commandLine } from '../support/command-line.js';
import { MemoryTerminal } from '../support/memory-terminal.js';
import { tempDir } from '../support/temp-dir.js';
import { leaseOf, Producer, RUN } from './leases.js';

/* A batch that lives longer than its lock, and one that dies. */

for (const name of ['store', 'fold.snap']) {
  test(`while nothing comes the lock of a batch is another's to take: ${name}`, async (t) => {
    const store = path.join(tempDir(t), name);
    const lease = leaseOf(store, 10);
    async function* producer(): AsyncGenerator<string, void> {
      yield '{"key":"a","value":"1"}\n';
      const other = await commandLine(['put', store, 'b', 'by another', '--wait', '30']);
      t.is(other.exitCode, 0, other.stderr);
      yield '{"key":"c","value":"3","ifAbsent":true}\n{"key":"b","value":"x","ifAbsent":true}\n';
    }
    const terminal = new Producer(producer());
    t.like(await runBatch(lease, RUN, terminal), { lines: 3n, puts: 2, unheld: 1 });
    lease.letGo();
    t.is(terminal.stdout, '{"acknowledged":1}\n{"acknowledged":3}\n');
    t.is((await commandLine(['scan', store])).stdout, 'a\t1\nb\tby another\nc\t3\n');
  });
}

for (const [change, act] of Object.entries({
  'was moved or removed': (store: string) => {
    renameSync(store, `${store}.moved`);
  },
  'was replaced': (store: string) => {
    renameSync(store, `${store}.moved`);
    cpSync(`${store}.moved`, store, { recursive: true });
  },
})) {
  test(`a batch does not go on in what lies in its store's place by then: it ${change}`, async (t) => {
    const store = path.join(tempDir(t), 'store');
    const lease = leaseOf(store, 10);
    async function* producer(): AsyncGenerator<string, void> {
      yield '{"key":"a","value":"1"}\n';
      t.is((await commandLine(['put', store, 'b', '2', '--wait', '30'])).exitCode, 0);
      act(store);
      yield '{"key":"c","value":"3"}\n';
    }
    const terminal = new Producer(producer());
    const error = await t.throwsAsync(runBatch(lease, RUN, terminal));
    lease.letGo();
    t.like(error, { code: 'STORE_REPLACED' });
    t.true(error.message.includes(`it ${change} while its lock was let go`), error.message);
    t.is(terminal.stdout, '{"acknowledged":1}\n');
    t.is((await commandLine(['scan', `${store}.moved`])).stdout, 'a\t1\nb\t2\n');
    t.is((await commandLine(['get', store, 'c'])).exitCode, change === 'was replaced' ? 1 : 6);
  });
}

test('lines of the source that another took meanwhile are not taken twice', async (t) => {
  const store = path.join(tempDir(t), 'store');
  const lines = ['{"op":"increment","key":"n"}\n', '{"op":"increment","key":"n"}\n'];
  const argv = ['put', store, '--batch', '-', '--source', 'feed', '--wait', '30'];
  async function* producer(): AsyncGenerator<string, void> {
    yield lines[0]!;
    t.is((await commandLine(argv, { input: [lines.join('')] })).exitCode, 0);
    yield lines[1]!;
  }
  const lease = leaseOf(store, 10);
  const error = await t.throwsAsync(runBatch(lease, { ...RUN, source: 'feed' }, new Producer(producer())));
  lease.letGo();
  t.like(error, { code: 'SOURCE_MISMATCH' });
  t.is((await commandLine(['get', store, 'n'])).stdout, '2');
});

test('killed or without power at any moment, and run again, a source counts each of its lines once', async (t) => {
  const lines = Array.from({ length: 6 }, (_, index) =>
    JSON.stringify({ op: 'increment', key: `n${index % 2}`, by: 10 ** index }),
  );
  const conditional = '{"key":"once","value":"first","ifAbsent":true}';
  const input = [
    `${lines[0]!}\n${lines[1]!}\n`,
    `${conditional}\n`,
    ...lines.slice(2).map((line) => `${line}\n`),
  ];

  const run = async (fileSystem: FileSystem): Promise<{ unheld: number }> => {
    const lease = leaseOf('/store', 60_000, fileSystem);
    const terminal = new MemoryTerminal({ input });
    const result = await runBatch(lease, { ...RUN, source: 'feed' }, terminal);
    lease.letGo();
    return result;
  };
  const check = async (disk: SimulatedDisk, at: string): Promise<void> => {
    const fileSystem = new SimulatedFileSystem({ disk });
    const { unheld } = await run(fileSystem);
    t.is(unheld, 0, `${at}: its own put is no other's`);
    const reader = StateDirectory.openReadOnly('/store', { fileSystem });
    const valueOf = (key: string): string => Buffer.from(reader.get(Buffer.from(key))!).toString();
    t.deepEqual(['n0', 'n1', 'once'].map(valueOf), ['10101', '101010', 'first'], at);
    reader.close();
  };

  let call = 0;
  for (let isOver = false; !isOver; call += 3) {
    const disk = new SimulatedDisk();
    StateDirectory.create('/store', { fileSystem: new SimulatedFileSystem({ disk }) });
    const dying = new SimulatedFileSystem({ disk, plan: crashAt(call) });
    isOver = await run(dying).then(
      () => true,
      () => false,
    );
    for (const image of powerLossImages(disk, { seed: call, imagesMax: 4 }))
      await check(image.disk, `power lost at call ${call}`);
    await check(disk, `killed at call ${call}`);
  }
  t.true(call > 60);
});
