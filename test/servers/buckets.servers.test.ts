import test, { type ExecutionContext } from 'ava';
import { execFileSync, spawn } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { StateDirectory } from '../../src/engine/directory/state-directory.js';
import type { PendingUpload } from '../../src/engine/remote/blob/blob-store.js';
import { gathered } from '../../src/engine/remote/publish/begun-upload.js';
import { pointerName } from '../../src/engine/remote/publish/names.js';
import { readPointer } from '../../src/engine/remote/publish/pointer.js';
import { s3SettingsOf } from '../../src/engine/remote/s3/s3-settings.js';
import { S3Store } from '../../src/engine/remote/s3/s3-store.js';
import { realFileSystem } from '../../src/engine/storage-io/real/real-file-system.js';
import { treeBytes } from '../../src/engine/storage-io/whole/tree-bytes.js';
import { NEWEST_ORIGINAL, newestOriginal } from '../engine/fold/newest-original.js';
import { isOriginalThere, ORIGINAL, originalPath } from '../engine/wal/original-harness.js';
import { commandLine } from '../support/command-line.js';
import { fixturePath } from '../support/fixtures.js';
import { needing } from '../support/needing.js';
import { projectRoot } from '../support/project-root.js';
import { tempDir } from '../support/temp-dir.js';
import { startCommand } from './nats/program.js';
import { startProxy } from './s3-proxy.js';
import { freePort, isServerThere, serverNeeded, startServer } from './server-process.js';

// For this file alone: one with a variable set at its top gets a process of its own.
process.env['AWS_EC2_METADATA_DISABLED'] = 'true';

const KEY = 'artifacts/edge/orders';
const URL = `s3://bucket/${KEY}`;
const KEYS = { accessKeyId: 'test', secretAccessKey: 'testsecret' };
const MIB = 1024 * 1024;

const withServer = needing(test.serial, serverNeeded('versitygw'), isServerThere('versitygw'));

/** A versitygw with an empty bucket, which the environment of this process names. */
async function bucket(t: ExecutionContext): Promise<{ readonly folder: string; readonly bucket: string }> {
  const folder = tempDir(t);
  const place = path.join(folder, 'served', 'bucket');
  mkdirSync(place, { recursive: true });
  const port = await freePort();
  const keys = { ROOT_ACCESS_KEY: KEYS.accessKeyId, ROOT_SECRET_KEY: KEYS.secretAccessKey };
  const options = ['--port', `127.0.0.1:${port}`, 'posix', path.dirname(place)];
  await startServer(t, 'versitygw', options, port, keys);
  process.env['AWS_ENDPOINT_URL_S3'] = `http://127.0.0.1:${port}`;
  process.env['AWS_ACCESS_KEY_ID'] = KEYS.accessKeyId;
  process.env['AWS_SECRET_ACCESS_KEY'] = KEYS.secretAccessKey;
  return { folder, bucket: place };
}

function openStore(): S3Store {
  return new S3Store(s3SettingsOf('bucket', realFileSystem()));
}

async function run(t: ExecutionContext, ...argv: string[]): Promise<string> {
  const { exitCode, stdout, stderr } = await commandLine(argv);
  t.is(exitCode, 0, `${argv.join(' ')}: ${stderr}`);
  return stdout;
}

/** A state directory whose snapshot has some parts of 8 MiB. */
async function largeStore(folder: string): Promise<string> {
  const store = path.join(folder, 'large');
  StateDirectory.create(store, { cores: 1 });
  const directory = await StateDirectory.open(store);
  for (let index = 0; index < 40; index++) {
    const value = Buffer.alloc(MIB, index);
    value.writeUInt32BE((index * 2654435761) % 2 ** 32, 17);
    directory.put(Buffer.from(`key:${String(index).padStart(3, '0')}`), value);
  }
  await directory.checkpoint();
  directory.close();
  return store;
}

function payloadsIn(place: string): string[] {
  return readdirSync(path.join(place, `${KEY}.payloads`)).filter((name) => name.endsWith('.tar'));
}

withServer(
  'a fold goes to a bucket over S3 and back, and every command that reads takes its URL',
  async (t) => {
    const { folder } = await bucket(t);
    const store = path.join(folder, 'orders.snap');
    cpSync(fixturePath('fold-log.snap'), store);
    await run(t, 'export', store, URL);
    const copy = path.join(folder, 'copy.snap');
    await run(t, 'import', URL, copy);
    t.is(await run(t, 'diff', store, copy), '');
    t.is(await run(t, 'diff', store, URL), '');
    t.regex(await run(t, 'verify', URL), /: good/);
    t.regex(await run(t, 'stat', URL), /^cursor\t1240$/m);
    t.is(await run(t, 'scan', URL), await run(t, 'scan', store));
    t.regex(
      await run(t, 'list', 's3://bucket/artifacts'),
      new RegExp(`^${KEY}\t1240\t[^\t]+\t\\d+\t1\t0\n$`),
    );
  },
);

needing(
  test.serial,
  `${serverNeeded('versitygw')}; ${ORIGINAL}; ${NEWEST_ORIGINAL}`,
  isServerThere('versitygw') && isOriginalThere && newestOriginal.isThere,
)('Slipstream 0.7 and 0.8 fetch what was published over S3, in parts, too', async (t) => {
  const { folder, bucket: place } = await bucket(t);
  const store = path.join(folder, 'orders.snap');
  const lines = Array.from({ length: 24 }, (_, index) =>
    JSON.stringify({ key: `k${index}`, value: String(index).repeat(MIB) }),
  );
  t.is((await commandLine(['put', store, '--batch', '-'], { input: [lines.join('\n')] })).exitCode, 0);
  await run(t, 'checkpoint', store, '--cursor', '77');
  const report = JSON.parse(await run(t, 'export', store, URL, '--json')) as { bytes: number };
  t.true(report.bytes > 24 * MIB);
  for (const [name, program] of [
    ['seven', originalPath],
    ['eight', newestOriginal.path],
  ] as const) {
    const fetched = path.join(folder, name);
    execFileSync(program, ['fetch', place, 'edge/orders', fetched]);
    t.is(await run(t, 'diff', fetched, store), '');
  }
});

withServer('twenty processes that publish at once over S3: one pointer, the highest', async (t) => {
  const { folder } = await bucket(t);
  const ranks = Array.from({ length: 20 }, (_, index) => ((index * 7) % 20) + 1);
  for (const rank of ranks) {
    await run(t, 'put', path.join(folder, `${rank}.snap`), 'rank', String(rank), '--cursor', String(rank));
  }
  const { port } = new globalThis.URL(process.env['AWS_ENDPOINT_URL_S3']!);
  const proxy = await startProxy(t, Number(port));
  // None hears that nothing is published before all have asked: so all of them put the first pointer.
  let asked = 0;
  let letGo = (): void => undefined;
  const allAsked = new Promise<void>((resolve) => (letGo = resolve));
  proxy.answered = ({ method, path: name }) => {
    if (method !== 'GET' || !name.startsWith(`/bucket/${pointerName(KEY)}`)) return undefined;
    if (++asked === ranks.length) letGo();
    return allAsked;
  };
  const publishing = ranks.map((rank) =>
    startCommand(['export', path.join(folder, `${rank}.snap`), URL], { AWS_ENDPOINT_URL_S3: proxy.endpoint }),
  );
  for (const { ended } of publishing) {
    const { exitCode, stderr } = await ended;
    if (exitCode !== 0) t.regex(stderr, /^statelog: [^\n]*newer[^\n]*\n$/);
    t.true(exitCode === 0 || exitCode === 8, stderr);
  }
  t.is(await run(t, 'get', URL, 'rank'), '20');
  t.regex(await run(t, 'list', URL), /\t20\t/);
});

withServer(
  'an export that is killed leaves no pointer, and the next one goes on with its parts',
  async (t) => {
    const { folder, bucket: place } = await bucket(t);
    const store = await largeStore(folder);
    const program = path.join(projectRoot, 'bin', 'run.js');
    const dying = spawn(process.execPath, [program, 'export', store, URL, '--limit-rate', '16MiB']);
    const ended = new Promise((resolve) => dying.once('close', resolve));
    let upload: PendingUpload | undefined;
    let parts = 0;
    while (parts < 2) {
      [upload] = await gathered(
        () => openStore().uploads.pending(KEY),
        () => true,
      );
      parts = upload === undefined ? 0 : ((await openStore().uploads.partsThere(upload))?.size ?? 0);
    }
    dying.kill('SIGKILL');
    await ended;
    t.is(await readPointer(openStore(), KEY), undefined);
    await run(t, 'export', store, URL);
    t.deepEqual(payloadsIn(place), [path.basename(upload!.name)], 'the payload is the one that was begun');
    t.deepEqual(
      await gathered(
        () => openStore().uploads.pending(KEY),
        () => true,
      ),
      [],
    );
    t.is(await run(t, 'diff', store, URL), '');
  },
);

withServer(
  'an import that Ctrl-C ends says what stays, and the next one fetches the rest alone',
  async (t) => {
    const { folder } = await bucket(t);
    const store = await largeStore(folder);
    await run(t, 'export', store, URL);
    const destination = path.join(folder, 'copy');
    const importing = startCommand(['import', URL, destination, '--limit-rate', '8MiB']);
    const hidden = (): string | undefined =>
      readdirSync(folder).find((name) => name.startsWith('.copy.tmp-'));
    const fetchedBytes = (): number => {
      const place = hidden();
      return place === undefined ? 0 : treeBytes(realFileSystem(), path.join(folder, place));
    };
    while (fetchedBytes() < 12 * MIB) await new Promise((resolve) => setTimeout(resolve, 20));
    importing.process.kill('SIGINT');
    const { signal, stderr } = await importing.ended;
    t.is(signal, 'SIGINT');
    t.regex(
      stderr,
      /^statelog: interrupted; what was fetched stays in [^\n]*; run it again: it goes on[^\n]*\n$/,
    );
    t.deepEqual(readdirSync(folder).sort(), [hidden(), 'large', 'served']);
    const { port } = new globalThis.URL(process.env['AWS_ENDPOINT_URL_S3']!);
    const proxy = await startProxy(t, Number(port));
    const starts: number[] = [];
    proxy.before = ({ path: name, range }) => {
      if (name.endsWith('.tar') && range !== undefined) starts.push(Number(/\d+/.exec(range)![0]));
      return false;
    };
    const went = await startCommand(['import', URL, destination], { AWS_ENDPOINT_URL_S3: proxy.endpoint })
      .ended;
    t.is(went.exitCode, 0, went.stderr);
    t.true(starts.length === 1 && starts[0]! >= 12 * MIB, String(starts));
    t.is(await run(t, 'diff', store, destination), '');
    t.deepEqual(readdirSync(folder).sort(), ['copy', 'large', 'served']);
  },
);

withServer('what may go is pruned over S3, and the newest stays', async (t) => {
  const { folder, bucket: place } = await bucket(t);
  const store = path.join(folder, 'orders');
  for (const value of ['1', '2', '3', '4']) {
    await run(t, 'put', store, 'key', value);
    await run(t, 'checkpoint', store);
    await run(t, 'export', store, URL);
  }
  t.is(payloadsIn(place).length, 4);
  await run(t, 'prune', URL, '--keep', '2');
  t.is(payloadsIn(place).length, 4, 'all are younger than the grace');
  t.regex(
    await run(t, 'prune', URL, '--keep', '2', '--grace', '0s', '--dry-run'),
    /2 snapshots .* would be removed, 2 kept/,
  );
  t.is(payloadsIn(place).length, 4);
  t.regex(await run(t, 'prune', URL, '--keep', '2', '--grace', '0s'), /2 snapshots .* removed, 2 kept/);
  t.is(payloadsIn(place).length, 2);
  t.is(await run(t, 'get', URL, 'key'), '4');
});

withServer('who may not come in is told so in one line, without a secret', async (t) => {
  const { folder } = await bucket(t);
  process.env['AWS_SECRET_ACCESS_KEY'] = 'wrong-secret';
  const refused = await commandLine(['import', URL, path.join(folder, 'no')]);
  t.is(refused.exitCode, 6);
  t.regex(refused.stderr, /^statelog: GET s3:\/\/bucket\/[^\n]* 403 SignatureDoesNotMatch[^\n]*\n$/);
  t.false(refused.stderr.includes('wrong-secret'));
  process.env['AWS_SECRET_ACCESS_KEY'] = KEYS.secretAccessKey;
  const missing = await commandLine(['list', 's3://no-such-bucket/x']);
  t.is(missing.exitCode, 6);
  t.regex(missing.stderr, /no-such-bucket[^\n]*NoSuchBucket[^\n]*\n$/);
  t.deepEqual(readdirSync(folder), ['served']);
});
