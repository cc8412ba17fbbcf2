import test from 'ava';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { needing } from '../../support/needing.js';
import { tempDir } from '../../support/temp-dir.js';
import { isServerThere, serverNeeded } from '../server-process.js';
import { figure, isLong } from '../figures.js';
import { startCluster } from './cluster.js';
import { keepWriting, wait } from './keep-writing.js';
import { NatsBucket, liveOfFold, revisionsIn, sorted } from './nats-bucket.js';
import { startCommand } from './program.js';

/** A machine that is busy with other things may never catch up. */
const CAUGHT_UP_MS_MAX = 15_000;

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await wait(200);
}

needing(
  test,
  serverNeeded('nats-server'),
  isServerThere('nats-server'),
)('a bucket of three servers is followed while its leader is killed ten times', async (t) => {
  const nodes = await startCluster(t);
  const servers = nodes.map(({ port }) => `127.0.0.1:${port}`);
  const bucket = await NatsBucket.connect(t, nodes[0]!.port, 'b', { servers });
  await bucket.createWhenThere({ num_replicas: 3 });
  const fold = path.join(tempDir(t), 'b.snap');
  const keys = Array.from({ length: figure(200, 20_000) }, (_, at) => `key.${at}`);
  // The first word with a server must succeed: a cluster without a leader answers nothing.
  await bucket.putWhenThere('anchor', 'stays');
  if (isLong) await bucket.putAll(keys.map((key) => [key, 'first']));
  const pull = startCommand(['pull', `nats://${servers.join(',')}/b`, fold, '--follow', '--json']);
  t.teardown(() => pull.process.kill('SIGKILL'));
  await until(() => existsSync(fold) || pull.process.exitCode !== null);
  const writing = keepWriting(t, bucket, keys, {
    perSecond: figure(50, 300),
    waitMs: 1_000,
    isInsisting: true,
  });
  for (let kill = 0; kill < 10; kill++) {
    const { cluster } = await bucket.infoWhenThere();
    const leader = nodes.find(({ name }) => name === cluster?.leader) ?? nodes[0]!;
    await leader.kill();
    await wait(1_500);
    await leader.start();
    // The next leader would be killed as soon as there is one, and hardly anything be written in between.
    await writing.caughtUp(CAUGHT_UP_MS_MAX);
  }
  await writing.stop();
  await bucket.putWhenThere('key.0', 'last');
  const live = sorted(await bucket.liveWhenThere([...keys, 'anchor']));
  const ended = pull.ended.then(({ stderr }) => {
    throw new Error(`the pull ended: ${stderr}`);
  });
  const isThere = (): boolean =>
    existsSync(fold) && JSON.stringify(sorted(liveOfFold(fold))) === JSON.stringify(live);
  ended.catch(() => undefined);
  await Promise.race([until(isThere), ended]);
  pull.process.kill('SIGTERM');
  const { signal, stderr } = await pull.ended;
  t.is(signal, 'SIGTERM', stderr);
  t.deepEqual(sorted(liveOfFold(fold)), live);
  const revisions = revisionsIn(fold);
  t.is(new Set(revisions).size, revisions.length);
});
