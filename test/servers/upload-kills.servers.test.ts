import test, { type ExecutionContext } from 'ava';
import { spawn } from 'node:child_process';
import { mkdirSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { StateDirectory } from '../../src/engine/directory/state-directory.js';
import { gathered } from '../../src/engine/remote/publish/begun-upload.js';
import { rankOf } from '../../src/engine/remote/publish/names.js';
import { readPointer } from '../../src/engine/remote/publish/pointer.js';
import { s3SettingsOf } from '../../src/engine/remote/s3/s3-settings.js';
import { S3Store } from '../../src/engine/remote/s3/s3-store.js';
import { realFileSystem } from '../../src/engine/storage-io/real/real-file-system.js';
import { commandLine } from '../support/command-line.js';
import { needing } from '../support/needing.js';
import { projectRoot } from '../support/project-root.js';
import { tempDir } from '../support/temp-dir.js';
import { isLong } from './figures.js';
import { startProxy, type S3Proxy } from './s3-proxy.js';
import { freePort, isServerThere, serverNeeded, startServer } from './server-process.js';

// For this file alone: one with a variable set at its top gets a process of its own.
process.env['AWS_EC2_METADATA_DISABLED'] = 'true';

const MIB = 1024 * 1024;
const OLD_RANK = 1n;
const NEW_RANK = 3n;

const withServer = needing(test.serial, serverNeeded('versitygw'), isServerThere('versitygw'));

/** A state directory at epoch 3 whose snapshot has three parts of 8 MiB at most. */
async function newerStore(folder: string): Promise<string> {
  const root = path.join(folder, 'orders');
  StateDirectory.create(root, { cores: 1, keep: 3 });
  const store = await StateDirectory.open(root);
  for (let epoch = 1; epoch <= Number(NEW_RANK); epoch++) {
    for (let index = 0; index < 6; index++) {
      const value = Buffer.alloc(MIB, index);
      value.writeUInt32BE((index * epoch * 2654435761) % 2 ** 32, 17);
      store.put(Buffer.from(`key ${epoch} ${index}`), value);
    }
    await store.checkpoint();
  }
  store.close();
  return root;
}

/** Runs an export to its end; killed once the store has answered a request of that number, and before it hears of it. */
async function exportKilledAt(
  store: string,
  url: string,
  proxy: S3Proxy,
  at: number,
): Promise<number | null> {
  proxy.count = 0;
  const program = path.join(projectRoot, 'bin', 'run.js');
  const environment = { ...process.env, AWS_ENDPOINT_URL_S3: proxy.endpoint };
  const argv = [program, 'export', store, url, '--quiet'];
  const exporting = spawn(process.execPath, argv, {
    env: environment,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const ended = new Promise<number | null>((resolve) => exporting.once('close', resolve));
  proxy.answered = async ({ number }) => {
    if (number !== at) return;
    exporting.kill('SIGKILL');
    await ended;
  };
  return ended;
}

function openStore(): S3Store {
  return new S3Store(s3SettingsOf('bucket', realFileSystem()));
}

async function good(t: ExecutionContext, ...argv: string[]): Promise<string> {
  const { exitCode, stdout, stderr } = await commandLine(argv);
  t.is(exitCode, 0, `${argv.join(' ')}: ${stderr}`);
  return stdout;
}

withServer(
  'an export that is killed at any of its requests leaves the old pointer or the new one, whole, and the next one leaves no part of it',
  async (t) => {
    const folder = tempDir(t);
    const served = path.join(folder, 'served');
    mkdirSync(path.join(served, 'bucket'), { recursive: true });
    const port = await freePort();
    const keys = { ROOT_ACCESS_KEY: 'test', ROOT_SECRET_KEY: 'testsecret' };
    await startServer(t, 'versitygw', ['--port', `127.0.0.1:${port}`, 'posix', served], port, keys);
    process.env['AWS_ENDPOINT_URL_S3'] = `http://127.0.0.1:${port}`;
    process.env['AWS_ACCESS_KEY_ID'] = keys.ROOT_ACCESS_KEY;
    process.env['AWS_SECRET_ACCESS_KEY'] = keys.ROOT_SECRET_KEY;
    const store = await newerStore(folder);
    const proxy = await startProxy(t, port);
    const pointerRank = async (key: string): Promise<bigint> =>
      rankOf((await readPointer(openStore(), key))!.manifest!.cursor);
    const namesIn = (key: string): string[] =>
      readdirSync(path.join(served, 'bucket'), { recursive: true, withFileTypes: true })
        .filter((one) => one.isFile() && path.join(one.parentPath, one.name).includes(`/${key}.`))
        .map((one) => one.name);

    const publishOld = (url: string): Promise<string> => good(t, 'export', store, url, '--at', '1', '-q');
    await publishOld('s3://bucket/whole');
    t.is(await exportKilledAt(store, 's3://bucket/whole', proxy, Infinity), 0);
    const requests = proxy.count;
    const wanted = namesIn('whole').length;
    t.is(wanted, 6, 'the pointer, two payloads, where each of them stands, and a probe of the store');
    const found = new Set<bigint>();
    const all = Array.from({ length: requests }, (_, index) => index + 1);
    const tried = isLong ? all : all.filter((number) => number % 4 === 3 || number === requests);
    for (const at of tried) {
      const key = `killed-${at}`;
      const url = `s3://bucket/${key}`;
      await publishOld(url);
      t.is(await exportKilledAt(store, url, proxy, at), null, `killed at request ${at}`);
      const rank = await pointerRank(key);
      t.true(rank === OLD_RANK || rank === NEW_RANK, `${at}: ${rank}`);
      found.add(rank);
      await good(t, 'verify', url, '-q');
      await good(t, 'export', store, url, '-q');
      t.is(await pointerRank(key), NEW_RANK);
      t.is(await good(t, 'diff', store, url), '', `${at}`);
      t.is(namesIn(key).length, wanted, `${at}: ${namesIn(key).join(' ')}`);
      const pending = await gathered(
        () => openStore().uploads.pending(key),
        () => true,
      );
      t.deepEqual(pending, [], `${at}`);
    }
    t.is(found.size, 2);
    t.log(`${tried.length} of ${requests} requests`);
  },
);
