import test from 'ava';
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { needing } from '../../support/needing.js';
import { projectRoot } from '../../support/project-root.js';
import { tempDir } from '../../support/temp-dir.js';
import { freePort, isServerThere, serverNeeded, startServer } from '../server-process.js';
import { NatsBucket } from './nats-bucket.js';
import { runCommand } from './program.js';

const MESSAGES = 100_000;
/** Those that are there when a fold is left behind. */
const OLDER = 10;
const MEMORY_MAX_MIB = 128;
const PUBLISHED = 's3://snapshots/folds/whole';
/** A fold log, and what a pull keeps beside it. */
const BESIDE = ['', '.source.json'];

/** Pulls over a disk whose syncs take 10 ms, and prints the most memory that the process ever had, in KiB. */
const PULL = `
import { readFileSync } from 'node:fs';
import { pullBucket, realFileSystem } from ${JSON.stringify(pathToFileURL(path.join(projectRoot, 'dist/engine/index.js')).href)};
const [address, fold] = process.argv.slice(2);
const disk = realFileSystem();
const slow = new Proxy(disk, {
  get(target, name) {
    const value = target[name];
    if (typeof value !== 'function') return value;
    return (...all) => {
      if (name === 'dataSync') Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10);
      return value.apply(target, all);
    };
  },
});
const observer = { progress() {}, waiting() {}, resumed() {}, resync() {} };
await pullBucket({ address, fold, fileSystem: slow, observer });
console.log(/VmHWM:\\s+(\\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))[1]);
`;

/** Loaded before the program: says at its end the most memory that it ever had, in KiB. */
const PEAK = `
process.on('exit', () => {
  const status = require('node:fs').readFileSync('/proc/self/status', 'utf8');
  process.stderr.write('peak ' + /VmHWM:\\s+(\\d+)/.exec(status)[1] + '\\n');
});
`;

needing(
  test,
  `${serverNeeded('nats-server')}; ${serverNeeded('versitygw')}; /proc`,
  isServerThere('nats-server') && isServerThere('versitygw') && process.platform === 'linux',
)(
  '100,000 waiting messages of 1 KiB and a slow disk take less than 128 MiB, and so does an artifact of them that puts a fold right, over S3, too',
  async (t) => {
    const folder = tempDir(t);
    const port = await freePort();
    await startServer(
      t,
      'nats-server',
      ['-a', '127.0.0.1', '-p', String(port), '-js', '-sd', `${folder}/server`],
      port,
    );
    const bucket = await NatsBucket.connect(t, port, 'b');
    await bucket.createWhenThere({});
    const value = 'v'.repeat(1_024);
    const entries = Array.from({ length: MESSAGES }, (_, at): [string, string] => [`key.${at}`, value]);
    const older = path.join(folder, 'older.snap');
    const whole = path.join(folder, 'b.snap');
    const artifact = path.join(folder, 'b.tar');
    const url = `nats://127.0.0.1:${port}/b`;
    const taken = (kib: string, said: string): void => {
      const mib = Number(kib) / 1_024;
      t.log(`${mib.toFixed(0)} MiB`);
      t.true(mib > 20 && mib < MEMORY_MAX_MIB, said);
    };
    await bucket.putAll(entries.slice(0, OLDER));
    t.is((await runCommand(['pull', url, older])).exitCode, 0);
    await bucket.putAll(entries.slice(OLDER));
    const script = path.join(folder, 'pull.mjs');
    writeFileSync(script, PULL);
    const { stdout, stderr } = spawnSync(process.execPath, [script, url, whole], { encoding: 'utf8' });
    taken(stdout, `${stdout}${stderr}`);
    t.is((await runCommand(['export', whole, artifact, '--scope', ''])).exitCode, 0);
    await bucket.purge({ seq: 2 * OLDER });
    const preloaded = path.join(folder, 'peak.cjs');
    writeFileSync(preloaded, PEAK);
    const served = path.join(folder, 'served');
    mkdirSync(path.join(served, 'snapshots'), { recursive: true });
    const s3Port = await freePort();
    const s3Arguments = ['--port', `127.0.0.1:${s3Port}`, 'posix', served];
    await startServer(t, 'versitygw', s3Arguments, s3Port, {
      ROOT_ACCESS_KEY: 'test',
      ROOT_SECRET_KEY: 'testsecret',
    });
    const environment = {
      AWS_ENDPOINT_URL_S3: `http://127.0.0.1:${s3Port}`,
      AWS_ACCESS_KEY_ID: 'test',
      AWS_SECRET_ACCESS_KEY: 'testsecret',
      AWS_EC2_METADATA_DISABLED: 'true',
    };
    const published = await runCommand(['export', whole, PUBLISHED, '--scope', ''], environment);
    t.is(published.exitCode, 0, published.stderr);
    for (const from of [artifact, PUBLISHED]) {
      const fold = path.join(folder, 'behind.snap');
      for (const suffix of BESIDE) copyFileSync(`${older}${suffix}`, `${fold}${suffix}`);
      const resync = await runCommand(['pull', url, fold, '--resync', from], {
        ...environment,
        NODE_OPTIONS: `--require ${preloaded}`,
      });
      t.is(resync.exitCode, 0, resync.stderr);
      taken(/peak (\d+)/.exec(resync.stderr)?.[1] ?? '', resync.stderr);
    }
  },
);
