import test from 'ava';
import { runBatch } from '../../src/cli/batch/run-batch.js';
import { lineMark } from '../../src/engine/directory/manifest/source-mark.js';
import { StatelogError } from '../../src/engine/errors.js';
import type { WritableStore } from '../../src/engine/store/store.js';
import { MemoryTerminal } from '../support/memory-terminal.js';

const RUN = {
  file: '-',
  format: { encodings: { key: 'utf8', value: 'utf8' }, tsv: false, command: 'put' },
  acknowledges: true,
} as const;

/** A store that is held for as long as its batch runs. */
const leaseOf = (store: WritableStore) => ({
  take: () => Promise.resolve(store),
  held: store,
  whileWaiting: <T>(input: Promise<T>) => input,
});

test('what could not be synced is not acknowledged, and nothing is before its sync has ended', async (t) => {
  const terminal = new MemoryTerminal({ input: ['{"key":"a","value":"1"}\n{"key":"b","value":"2"}\n'] });
  const seen: string[] = [];
  let fails = false;
  const store = {
    put: () => undefined,
    sync: () => {
      seen.push(terminal.stdout);
      const failure = new StatelogError('IO_FAILED', 'fdatasync failed', {});
      return fails ? Promise.reject(failure) : Promise.resolve();
    },
  } as unknown as WritableStore;
  await runBatch(leaseOf(store), RUN, terminal);
  t.deepEqual(seen, ['']);
  t.is(terminal.stdout, '{"acknowledged":2}\n');

  fails = true;
  const unlucky = new MemoryTerminal({ input: ['{"key":"a","value":"1"}\n'] });
  await t.throwsAsync(runBatch(leaseOf(store), RUN, unlucky), { code: 'IO_FAILED' });
  t.is(unlucky.stdout, '');
});

test('a line of a source that is refused leaves the count and the digest of the line before it', async (t) => {
  const taken: unknown[] = [];
  const store = {
    put: (key: Uint8Array) => {
      if (key.length > 1) throw new StatelogError('LIMIT_EXCEEDED', 'too long', {});
    },
    sourcePosition: () => 0n,
    syncSource: (...position: unknown[]) => {
      taken.push(position);
      return Promise.resolve();
    },
  } as unknown as WritableStore;
  const line = '{"key":"a","value":"1"}';
  const terminal = new MemoryTerminal({
    input: [`{"key":"b","value":"1"}\n${line}\n{"key":"long","value":""}\n`],
  });
  await t.throwsAsync(runBatch(leaseOf(store), { ...RUN, source: 'feed' }, terminal), {
    code: 'LIMIT_EXCEEDED',
  });
  t.deepEqual(taken, [['feed', 2n, lineMark(Buffer.from(line))]]);
});
