import test from 'ava';
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { needing } from '../../support/needing.js';
import { tempDir } from '../../support/temp-dir.js';
import { freePort, isServerThere, serverNeeded, startServer } from '../server-process.js';
import { NatsBucket, liveOfFold, sorted } from './nats-bucket.js';
import { type EndedCommand, runCommand } from './program.js';

const withServers = needing(
  test.serial,
  `${serverNeeded('nats-server')}; ${serverNeeded('versitygw')}`,
  isServerThere('nats-server') && isServerThere('versitygw'),
);

const KEYS = { ROOT_ACCESS_KEY: 'test', ROOT_SECRET_KEY: 'testsecret' };
const PUBLISHED = 's3://snapshots/folds/further';

withServers(
  'a fold whose position a bucket has dropped goes on from what another one published over S3, with what was deleted since',
  async (t) => {
    const folder = tempDir(t);
    const [natsPort, s3Port] = [await freePort(), await freePort()];
    const jetstream = ['-a', '127.0.0.1', '-p', String(natsPort), '-js', '-sd', path.join(folder, 'server')];
    await startServer(t, 'nats-server', jetstream, natsPort);
    const served = path.join(folder, 'served');
    mkdirSync(path.join(served, 'snapshots'), { recursive: true });
    await startServer(t, 'versitygw', ['--port', `127.0.0.1:${s3Port}`, 'posix', served], s3Port, KEYS);
    const run = (...argv: string[]): Promise<EndedCommand> =>
      runCommand(argv, {
        AWS_ENDPOINT_URL_S3: `http://127.0.0.1:${s3Port}`,
        AWS_ACCESS_KEY_ID: KEYS.ROOT_ACCESS_KEY,
        AWS_SECRET_ACCESS_KEY: KEYS.ROOT_SECRET_KEY,
        AWS_EC2_METADATA_DISABLED: 'true',
      });
    const good = async (...argv: string[]): Promise<void> => {
      const { exitCode, stderr } = await run(...argv);
      t.is(exitCode, 0, `${argv.join(' ')}: ${stderr}`);
    };
    const bucket = await NatsBucket.connect(t, natsPort, 'b');
    await bucket.createWhenThere({ discard: 'old', max_msgs: 30, max_msgs_per_subject: 1 });
    const putAll = (from: number, to: number, value: string): Promise<unknown> =>
      bucket.putAll(
        Array.from({ length: to - from }, (_, at) => [`key.${from + at}`, value] as [string, string]),
      );
    const url = `nats://127.0.0.1:${natsPort}/b`;
    const [fold, further] = [path.join(folder, 'fold.snap'), path.join(folder, 'further.snap')];
    await putAll(0, 10, 'first');
    await good('pull', url, fold);
    await good('pull', url, further);
    await bucket.delete('key.2');
    await putAll(12, 40, 'second');
    await good('pull', url, further);
    await good('export', further, PUBLISHED, '--scope', '');
    await putAll(40, 60, 'third');
    const refused = await run('pull', url, fold);
    t.is(refused.exitCode, 8);
    const missing = await run('pull', url, fold, '--resync', `${PUBLISHED}-not`);
    t.is(missing.exitCode, 6, missing.stderr);
    await good('pull', url, fold, '--resync', PUBLISHED);
    await good('pull', url, further);
    t.deepEqual(sorted(liveOfFold(fold)), sorted(liveOfFold(further)));
    t.false(liveOfFold(fold).has('key.2'));
    t.is(liveOfFold(fold).get('key.5')?.value, 'first');
  },
);
