import test from 'ava';
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { WatchCursor } from '../../../src/engine/fold/format/watch-cursor.js';
import { realFileSystem } from '../../../src/engine/storage-io/real/real-file-system.js';
import { FoldStore } from '../../../src/engine/store/fold-store.js';
import { NEWEST_ORIGINAL, newestOriginal } from '../../engine/fold/newest-original.js';
import { needing } from '../../support/needing.js';
import { tempDir } from '../../support/temp-dir.js';
import { figure } from '../figures.js';
import { freePort, isServerThere, serverNeeded, startServer } from '../server-process.js';
import { NatsBucket, liveOfFold, sorted } from './nats-bucket.js';
import { runCommand } from './program.js';

const keys = Array.from({ length: figure(60, 20_000) }, (_, at) => `key.${at}`);

function seenEvicting(fold: string): boolean {
  const store = FoldStore.load(fold, realFileSystem());
  const { seenEvicting: isSeen } = WatchCursor.fromBytes(store.cursor);
  store.close();
  return isSeen;
}

for (const kind of ['keeps', 'drops'] as const) {
  needing(
    test.serial,
    `${NEWEST_ORIGINAL}; ${serverNeeded('nats-server')}`,
    newestOriginal.isThere && isServerThere('nats-server'),
  )(
    `Slipstream goes on from our fold and we from its, in turns, of a bucket that ${kind} current values`,
    async (t) => {
      const port = await freePort();
      const folder = tempDir(t);
      await startServer(
        t,
        'nats-server',
        ['-a', '127.0.0.1', '-p', String(port), '-js', '-sd', `${folder}/server`],
        port,
      );
      const bucket = await NatsBucket.connect(t, port, 'b');
      await bucket.createWhenThere({
        max_bytes: 8 << 20,
        ...(kind === 'drops' ? { discard: 'old', max_age: 3_600_000_000_000 } : {}),
      });
      const fold = path.join(folder, 'b.snap');
      const url = `nats://127.0.0.1:${port}`;
      await bucket.put('anchor', 'stays');
      for (let turn = 0; turn < 3; turn++) {
        for (const who of ['we', 'they'] as const) {
          await bucket.putAll(keys.filter((_, at) => at % 3 !== turn).map((key) => [key, `${who} ${turn}`]));
          await bucket.delete(keys[turn]!);
          if (who === 'we') {
            const { exitCode, stderr } = await runCommand(['pull', `${url}/b`, fold]);
            t.is(exitCode, 0, stderr);
          } else {
            const { status, stdout, stderr } = spawnSync(newestOriginal.path, ['nats', fold, url, 'b'], {
              encoding: 'utf8',
            });
            t.is(status, 0, `${stdout}${stderr}`);
            t.regex(stdout, /ended Ok/);
          }
          // What was dropped from the bucket stays in the fold.
          const expected = (await bucket.live(keys)).set('anchor', { value: 'stays', revision: 1 });
          t.deepEqual(sorted(liveOfFold(fold)), sorted(expected), `${who}, turn ${turn}`);
        }
        if (turn === 0 && kind === 'drops') await bucket.purge({ seq: 2 });
      }
      t.is(seenEvicting(fold), kind === 'drops');
    },
  );
}
