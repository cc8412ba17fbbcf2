import { readFileSync } from 'node:fs';
import path from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { toUtf8 } from '../../../src/engine/bytes/text/text.js';
import { AppendLogSnapshot } from '../../../src/engine/artifact/backends/append-log-snapshot.js';
import { KvUpdate } from '../../../src/engine/fold/format/update.js';
import { WatchCursor } from '../../../src/engine/fold/format/watch-cursor.js';
import { SystemClock } from '../../../src/engine/storage-io/interface/clock.js';
import { commandLine } from '../../support/command-line.js';
import { tempDir } from '../../support/temp-dir.js';

/** The machine's clock stands before 1970, as one without a battery may, until the test ends. */
function setBefore1970(t: ExecutionContext): void {
  const { now } = Date;
  const epoch = process.env['SOURCE_DATE_EPOCH'];
  Date.now = () => -86_400_000;
  delete process.env['SOURCE_DATE_EPOCH'];
  t.teardown(() => {
    Date.now = now;
    if (epoch !== undefined) process.env['SOURCE_DATE_EPOCH'] = epoch;
  });
}

test.serial('a clock before 1970 tells a time before 1970', (t) => {
  setBefore1970(t);
  const ns = new SystemClock().nowNs();
  t.true(ns < 0n && ns >= -86_400_000_000_000n, String(ns));
});

test.serial('an artifact made before 1970 says 0, and is read', (t) => {
  const folder = tempDir(t);
  const { store } = AppendLogSnapshot.open(path.join(folder, 'log.snap'));
  store.apply([KvUpdate.put('k', toUtf8('v'))], WatchCursor.fromU64(7n));
  setBefore1970(t);
  t.is(store.exportTo(path.join(folder, 'out')).createdAtUnix, 0);
  t.is(
    store.exportTo(path.join(folder, 'clock'), { clock: { read: () => undefined, nowNs: () => -1n } })
      .createdAtUnix,
    0,
  );
  store.exportTo(path.join(folder, 'out.tar'), { form: 'tar' });
  const streamed = Buffer.concat([...store.exportTar()].map((chunk) => Buffer.from(chunk)));
  t.deepEqual(streamed, readFileSync(path.join(folder, 'out.tar')));
  store.close();
  for (const name of ['out', 'clock', 'out.tar']) {
    const { store: back } = AppendLogSnapshot.import(
      path.join(folder, name),
      path.join(folder, `${name}.snap`),
    );
    t.is(back.cursor.asU64(), 7n);
    back.close();
  }
});

test.serial('what the command line exports before 1970 verifies and is imported', async (t) => {
  const folder = tempDir(t);
  const at = (name: string): string => path.join(folder, name);
  AppendLogSnapshot.open(at('log.snap')).store.close();
  t.is((await commandLine(['put', at('log.snap'), 'k', 'v'])).exitCode, 0);
  setBefore1970(t);
  for (const form of ['append-log', 'mmap-state']) {
    const exported = await commandLine(['export', at('log.snap'), at(form), '--as', form]);
    t.is(exported.exitCode, 0, exported.stderr);
    t.regex(readFileSync(path.join(at(form), 'MANIFEST.json'), 'utf8'), /"created_at_unix": 0,/);
    const verified = await commandLine(['verify', at(form)]);
    t.is(verified.exitCode, 0, verified.stderr);
    const imported = await commandLine(['import', at(form), at(`${form}-back`)]);
    t.is(imported.exitCode, 0, imported.stderr);
  }
});
