import test from 'ava';
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
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

/** Pulls over a disk whose syncs take 10 ms, and prints the most memory that the process ever had, in KiB. */
const PULL = `
import { readFileSync } from 'node:fs';
import { pullBucket, realFileSystem } from ${JSON.stringify(pathToFileURL(path.join(projectRoot, 'dist/engine/index.js')).href)};
const [address, fold, resync] = process.argv.slice(2);
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
await pullBucket({ address, fold, resync, fileSystem: slow, observer });
console.log(/VmHWM:\\s+(\\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))[1]);
`;

needing(
  test,
  `${serverNeeded('nats-server')}; /proc`,
  isServerThere('nats-server') && process.platform === 'linux',
)(
  '100,000 waiting messages of 1 KiB and a slow disk take less than 128 MiB, and so does putting a fold right',
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
    const script = path.join(folder, 'pull.mjs');
    writeFileSync(script, PULL);
    const [whole, older, published] = ['b.snap', 'older.snap', 'b.tar'].map((name) =>
      path.join(folder, name),
    );
    const taken = (...argv: string[]): void => {
      const { stdout, stderr } = spawnSync(
        process.execPath,
        [script, `nats://127.0.0.1:${port}/b`, ...argv],
        { encoding: 'utf8' },
      );
      const mib = Number(stdout) / 1_024;
      t.log(`${mib.toFixed(0)} MiB`);
      t.true(mib > 20 && mib < MEMORY_MAX_MIB, `${stdout}${stderr}`);
    };
    await bucket.putAll(entries.slice(0, OLDER));
    taken(older!);
    await bucket.putAll(entries.slice(OLDER));
    taken(whole!);
    t.is((await runCommand(['export', whole!, published!, '--scope', ''])).exitCode, 0);
    await bucket.purge({ seq: 2 * OLDER });
    taken(older!, published!);
  },
);
