import test, { type ExecutionContext } from 'ava';
import path from 'node:path';
import { realFileSystem } from '../../../src/engine/storage-io/real/real-file-system.js';
import { faultsOf, SCHEMAS } from '../../docs/schema-validator.js';
import { needing } from '../../support/needing.js';
import { tempDir } from '../../support/temp-dir.js';
import { figure } from '../figures.js';
import { freePort, isServerThere, serverNeeded, startServer, type RunningServer } from '../server-process.js';
import { keepWriting, wait } from './keep-writing.js';
import { NatsBucket, liveOfFold, revisionsIn, sorted } from './nats-bucket.js';
import { runCommand, startCommand } from './program.js';

const KEYS = figure(2_000, 20_000);
const RATE = { perSecond: 300, waitMs: 500, isInsisting: true };
/** A machine that is busy with other things may never catch up. */
const CAUGHT_UP_MS_MAX = 5_000;

const withServer = needing(test.serial, serverNeeded('nats-server'), isServerThere('nats-server'));

interface World {
  readonly folder: string;
  readonly port: number;
  readonly bucket: NatsBucket;
  readonly url: string;
  readonly fold: string;
  readonly restart: () => Promise<void>;
}

async function world(t: ExecutionContext, settings: object = {}): Promise<World> {
  const folder = tempDir(t);
  const port = await freePort();
  const options = ['-a', '127.0.0.1', '-p', String(port), '-js', '-sd', path.join(folder, 'server')];
  let server: RunningServer = await startServer(t, 'nats-server', options, port);
  const restart = async (): Promise<void> => {
    await server.kill();
    server = await startServer(t, 'nats-server', options, port);
  };
  const bucket = await NatsBucket.connect(t, port, 'b');
  await bucket.createWhenThere(settings);
  const url = `nats://127.0.0.1:${port}/b`;
  return { folder, port, bucket, url, fold: path.join(folder, 'b.snap'), restart };
}

const keysOf = (count: number): string[] => Array.from({ length: count }, (_, at) => `key.${at}`);
const takenBy = (fold: string): number =>
  realFileSystem().status(fold) === undefined ? 0 : revisionsIn(fold).length;

withServer(
  'a server that is killed and comes back twenty times costs nothing, and no revision is taken twice',
  async (t) => {
    // Killed again before the pull is back, and again, a bucket of current values alone drops what was not taken.
    const { bucket, url, fold, restart } = await world(t, { max_msgs_per_subject: 64 });
    const keys = keysOf(KEYS);
    await bucket.putAll(keys.map((key) => [key, 'first']));
    const pull = startCommand(['pull', url, fold, '--follow', '--json']);
    const hasEnded = (): boolean => pull.process.exitCode !== null;
    const writing = keepWriting(t, bucket, keys, RATE);
    for (let kill = 0; kill < 20; kill++) {
      await wait(figure(400, 2_000));
      await restart();
      await writing.caughtUp(CAUGHT_UP_MS_MAX);
    }
    await wait(1_000);
    await writing.stop();
    const last = await bucket.put('key.0', 'last');
    await until(() => revisionsIn(fold).includes(BigInt(last)) || hasEnded());
    const revisions = revisionsIn(fold);
    pull.process.kill('SIGINT');
    const { signal, stderr, stdout } = await pull.ended;
    t.is(signal, 'SIGINT', stderr);
    t.regex(stdout, /"waiting"/);
    t.is(new Set(revisions).size, revisions.length);
    t.deepEqual(sorted(liveOfFold(fold)), sorted(await bucket.live(keys)));
  },
);

withServer(
  'a pull that is killed twenty times goes on where it stood, and no revision is taken twice',
  async (t) => {
    const { bucket, url, fold } = await world(t);
    const keys = keysOf(KEYS);
    await bucket.putAll(keys.map((key) => [key, 'first']));
    const writing = keepWriting(t, bucket, keys, RATE);
    for (let kill = 0; kill < 20; kill++) {
      const before = takenBy(fold);
      const pull = startCommand(['pull', url, fold, '--follow']);
      await wait(figure(300, 2_000) + kill * 20);
      // On a machine that is busy with other things it would never get anywhere, and the bucket would leave it behind.
      if (kill % 2 === 0) await until(() => takenBy(fold) > before || pull.process.exitCode !== null);
      pull.process.kill('SIGKILL');
      await pull.ended;
      if (realFileSystem().status(fold) === undefined) continue;
      const revisions = revisionsIn(fold);
      t.is(new Set(revisions).size, revisions.length);
    }
    await writing.stop();
    const { exitCode, stderr } = await runCommand(['pull', url, fold]);
    t.is(exitCode, 0, stderr);
    t.deepEqual(sorted(liveOfFold(fold)), sorted(await bucket.live(keys)));
  },
);

withServer('what pull and push print with --json is as their schemas say', async (t) => {
  const { bucket, url, fold } = await world(t);
  await bucket.putAll(keysOf(3).map((key) => [key, 'first']));
  for (const argv of [
    ['pull', url, fold],
    ['push', fold, url, '--dry-run'],
    ['push', fold, url],
  ]) {
    const { stdout, stderr } = await runCommand([...argv, '--json']);
    const lines = stdout.trimEnd().split('\n');
    t.true(lines.length > 0, stderr);
    for (const line of lines)
      t.deepEqual(faultsOf(JSON.parse(line), SCHEMAS.get(`${argv[0]}.json`)!, SCHEMAS), [], line);
  }
});

withServer('a bucket made anew, an expired cursor and a list of keys', async (t) => {
  const { bucket, url, fold, folder } = await world(t);
  await bucket.putAll(keysOf(20).map((key) => [key, 'old']));
  t.is((await runCommand(['pull', url, fold])).exitCode, 0);
  await bucket.delete('key.3');
  await bucket.purge({ seq: 22 });
  const expired = await runCommand(['pull', url, fold]);
  t.is(expired.exitCode, 8);
  t.regex(
    expired.stderr,
    /^statelog: the fold stands at revision 20 and the bucket begins at 22: .*--resync list.*\n$/,
  );
  await bucket.destroy();
  await bucket.create();
  await bucket.put('key.3', 'new');
  await bucket.put('key.77', 'new');
  const other = await runCommand(['pull', url, fold, '--json']);
  t.is(other.exitCode, 8);
  t.is((JSON.parse(other.stderr) as { error: { code: string } }).error.code, 'SOURCE_MISMATCH');
  t.is(liveOfFold(fold).size, 20);
  const listed = await runCommand([
    'pull',
    url,
    fold,
    '--resync',
    'list',
    '--into',
    path.join(folder, 'second'),
  ]);
  t.is(listed.exitCode, 0, listed.stderr);
  t.deepEqual(sorted(liveOfFold(fold)), sorted(await bucket.live([...keysOf(20), 'key.77'])));
  t.is((await runCommand(['diff', fold, path.join(folder, 'second')])).exitCode, 0);
});

withServer(
  'an artifact of a fold that is further puts one right whose cursor has left a bucket that drops values',
  async (t) => {
    const { bucket, url, fold, folder } = await world(t, {
      discard: 'old',
      max_msgs: 30,
      max_msgs_per_subject: 1,
    });
    const further = path.join(folder, 'further.snap');
    const artifact = path.join(folder, 'further.tar');
    await bucket.putAll(keysOf(10).map((key) => [key, 'first']));
    const second = path.join(folder, 'second.snap');
    for (const path of [fold, further, second]) t.is((await runCommand(['pull', url, path])).exitCode, 0);
    await bucket.delete('key.2');
    await bucket.putAll(
      keysOf(40)
        .slice(12)
        .map((key) => [key, 'second']),
    );
    t.is((await runCommand(['pull', url, further])).exitCode, 0);
    t.is((await runCommand(['export', further, artifact, '--scope', ''])).exitCode, 0);
    await bucket.putAll(
      keysOf(60)
        .slice(40)
        .map((key) => [key, 'third']),
    );
    const refused = await runCommand(['pull', url, fold, '--resync', 'list']);
    t.is(refused.exitCode, 8);
    t.regex(refused.stderr, /drops current values/);
    const restored = await runCommand(['pull', url, fold, '--resync', artifact]);
    t.is(restored.exitCode, 0, restored.stderr);
    // The same from a bucket of snapshots.
    const published = `file://${folder}/snapshots/further`;
    const exported = await runCommand(['export', further, published, '--scope', '']);
    t.is(exported.exitCode, 0, exported.stderr);
    const fetched = await runCommand(['pull', url, second, '--resync', published]);
    t.is(fetched.exitCode, 0, fetched.stderr);
    t.is((await runCommand(['pull', url, further])).exitCode, 0);
    t.deepEqual(sorted(liveOfFold(fold)), sorted(liveOfFold(further)));
    t.deepEqual(sorted(liveOfFold(second)), sorted(liveOfFold(further)));
    t.false(liveOfFold(fold).has('key.2'));
    t.is(liveOfFold(fold).get('key.5')?.value, 'first');
  },
);

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await wait(100);
}
