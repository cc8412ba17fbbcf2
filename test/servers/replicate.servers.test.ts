import test from 'ava';
import { spawn } from 'node:child_process';
import { mkdirSync, watch } from 'node:fs';
import path from 'node:path';
import { StateDirectory } from '../../src/engine/directory/state-directory.js';
import { commandLine } from '../support/command-line.js';
import { needing } from '../support/needing.js';
import { projectRoot } from '../support/project-root.js';
import { tempDir } from '../support/temp-dir.js';
import { freePort, isServerThere, serverNeeded, startServer } from './server-process.js';

// For this file alone: one with a variable set at its top gets a process of its own.
process.env['AWS_EC2_METADATA_DISABLED'] = 'true';

const URL = 's3://bucket/edge/orders';
const KILLS = 50;
const OUTAGES = 10;

const withServer = needing(test.serial, serverNeeded('versitygw'), isServerThere('versitygw'));

withServer(
  'through 50 kills and 10 outages of the store, a bucket comes to where the store is',
  async (t) => {
    const folder = tempDir(t);
    const served = path.join(folder, 'served');
    mkdirSync(path.join(served, 'bucket'), { recursive: true });
    const port = await freePort();
    const start = () =>
      startServer(t, 'versitygw', ['--port', `127.0.0.1:${port}`, 'posix', served], port, {
        ROOT_ACCESS_KEY: 'test',
        ROOT_SECRET_KEY: 'testsecret',
      });
    let server = await start();
    process.env['AWS_ENDPOINT_URL_S3'] = `http://127.0.0.1:${port}`;
    process.env['AWS_ACCESS_KEY_ID'] = 'test';
    process.env['AWS_SECRET_ACCESS_KEY'] = 'testsecret';
    const source = path.join(folder, 'orders');
    StateDirectory.create(source, { cores: 2 });
    const store = await StateDirectory.open(source);
    const write = async (round: number): Promise<void> => {
      for (let index = 0; index < 20; index++) {
        const key = Buffer.from(`key ${(round * 7 + index) % 500}`);
        if (index % 6 === 5) store.delete(key);
        else store.put(key, Buffer.from(`value ${round} ${index}`));
      }
      await store.sync();
      if (round % 9 === 4) await store.checkpoint();
    };
    const program = path.join(projectRoot, 'bin', 'run.js');
    const argv = [program, 'replicate', source, URL, '--follow', '--every', '1s', '--json'];
    for (let kill = 0; kill < KILLS; kill++) {
      await write(kill);
      const isOut = kill % (KILLS / OUTAGES) === 2;
      if (isOut) await server.kill();
      const following = spawn(process.execPath, argv, { stdio: ['ignore', 'pipe', 'inherit'] });
      const ended = new Promise((resolve) => following.once('close', resolve));
      const first = new Promise((resolve) => following.stdout.once('data', resolve));
      // Once it said something, or in the midst of what it puts, or before it began.
      if (isOut) server = await start();
      if (isOut || kill % 3 === 0) await first;
      else if (kill % 3 === 1) await changed(served);
      following.kill('SIGKILL');
      await ended;
    }
    await write(KILLS);
    const last = await commandLine(['replicate', source, URL]);
    t.is(last.exitCode, 0, last.stderr);
    const copy = path.join(folder, 'copy');
    const restored = await commandLine(['import', URL, copy, '--json']);
    t.is(restored.exitCode, 0, restored.stderr);
    const there = await commandLine(['stat', source, '--digest', '--json']);
    const [wanted, digest] = [there, restored].map(
      ({ stdout }) => (JSON.parse(stdout) as { digest: string }).digest,
    );
    t.regex(wanted!, /^[0-9a-f]{64}$/);
    t.is(digest, wanted);
    t.is((await commandLine(['diff', source, copy])).stdout, '');
    store.close();
  },
);

/** Resolves when something in a folder, or below it, changes. */
function changed(folder: string): Promise<void> {
  return new Promise((resolve) => {
    const watcher = watch(folder, { recursive: true }, () => {
      watcher.close();
      resolve();
    });
  });
}
