import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, statSync, writeFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import path from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import test from 'ava';
import { commandLine } from '../../support/command-line.js';
import { errorXml, refuse, startFakeS3 } from '../../support/fake-s3.js';
import { programFile } from '../../support/program.js';
import { tempDir } from '../../support/temp-dir.js';

// For this file alone: one with a variable set at its top gets a process of its own.
process.env['AWS_EC2_METADATA_DISABLED'] = 'true';
process.env['AWS_ACCESS_KEY_ID'] = 'AKID';
process.env['AWS_SECRET_ACCESS_KEY'] = 'a-secret-that-nobody-may-see';

const URL = 's3://bucket/edge/orders';

/** Answers to every request, and what is said of them behind the request. */
const TROUBLES: readonly (readonly [string, (response: ServerResponse) => unknown, RegExp])[] = [
  ['403', (response) => refuse(response, 403, 'AccessDenied'), /403 AccessDenied/],
  ['credentials that have expired', (response) => refuse(response, 403, 'ExpiredToken'), /403 ExpiredToken/],
  ['404', (response) => refuse(response, 404, 'NoSuchBucket'), /NoSuchBucket|no such bucket/],
  [
    "a proxy's page of HTML",
    (response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<html>log in</html>'),
    /a page of HTML rather than S3's answer/,
  ],
  [
    'one that repeats what it was sent',
    (response) =>
      response
        .writeHead(403)
        .end(errorXml('AccessDenied', `you sent ${process.env['AWS_SECRET_ACCESS_KEY']}`)),
    /you sent …/,
  ],
];

for (const [name, trouble, words] of TROUBLES) {
  test.serial(`a bucket that answers with ${name} is 6 in one line, and nothing is made`, async (t) => {
    const folder = tempDir(t);
    const store = path.join(folder, 'orders');
    t.is((await commandLine(['put', store, 'a', '1'])).exitCode, 0);
    const fake = await startFakeS3(t);
    process.env['AWS_ENDPOINT_URL_S3'] = fake.endpoint;
    fake.interfere = (_, response) => {
      trouble(response);
      return true;
    };
    for (const argv of [
      ['import', URL, path.join(folder, 'new')],
      ['get', URL, 'a'],
      ['list', URL],
      ['export', store, URL],
      ['replicate', store, URL],
      ['status', URL],
      ['prune', URL],
    ]) {
      const { exitCode, stdout, stderr } = await commandLine(argv);
      t.is(exitCode, 6, `${argv.join(' ')}: ${stderr}`);
      t.regex(stderr, /^(statelog: exporting a whole [^\n]+\n)?statelog: [^\n]+\n$/);
      t.regex(stderr, words, argv[0]);
      t.is(stdout, '');
      t.false(stderr.includes('nobody-may-see'));
    }
    t.deepEqual(readdirSync(folder), ['orders']);
    t.is(fake.blobs.size, 0);
  });
}

test.serial('an import from S3 that was killed goes on where it stopped, with If-Match', async (t) => {
  const folder = tempDir(t);
  const [store, value, copy] = ['orders', 'value', 'copy'].map((name) => path.join(folder, name));
  writeFileSync(value!, Buffer.alloc(1 << 20, 'statelog '));
  const fake = await startFakeS3(t);
  process.env['AWS_ENDPOINT_URL_S3'] = fake.endpoint;
  for (const argv of [
    ['put', store!, 'a', '--file', value!],
    ['checkpoint', store!],
    ['export', store!, URL],
  ])
    t.is((await commandLine(argv)).exitCode, 0);
  const payload = [...fake.blobs.keys()].find((name) => name.endsWith('.tar'))!;
  const bytes = fake.blobs.get(payload)!;
  fake.interfere = ({ method, name }, response) => {
    if (method !== 'GET' || name !== payload) return false;
    response.writeHead(206, { etag: 'not looked at', 'content-length': bytes.length });
    return response.write(bytes.subarray(0, bytes.length / 2)) || true;
  };
  const child = spawn(process.execPath, [await programFile(), 'import', URL, copy!], { stdio: 'ignore' });
  const closed = once(child, 'close');
  const hidden = (): string[] => readdirSync(folder).filter((name) => name.startsWith('.'));
  while (bytesBelow(folder, hidden()) < bytes.length / 4) await nextTurn();
  child.kill('SIGKILL');
  await closed;
  t.is(hidden().length, 1);

  fake.interfere = () => false;
  const { length } = fake.requests;
  t.is((await commandLine(['import', URL, copy!])).exitCode, 0);
  const ranges = fake.requests
    .slice(length)
    .filter(({ name, method }) => name === payload && method === 'GET');
  t.is(ranges.length, 1);
  const { range, 'if-match': etag } = ranges[0]!.headers;
  t.true(Number(/^bytes=(\d+)-$/.exec(range!)![1]) >= bytes.length / 4);
  t.regex(etag!, /^"[0-9a-f]{32}"$/);
  t.is((await commandLine(['diff', store!, copy!])).exitCode, 0);
  t.deepEqual(hidden(), []);
});

function bytesBelow(folder: string, names: readonly string[]): number {
  return names
    .flatMap((name) => readdirSync(path.join(folder, name), { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .reduce((sum, { parentPath, name }) => sum + statSync(path.join(parentPath, name)).size, 0);
}
