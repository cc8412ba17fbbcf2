import test, { type ExecutionContext } from 'ava';
import { execFileSync } from 'node:child_process';
import {
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { commandLine } from '../../support/command-line.js';
import { fixturePath } from '../../support/fixtures.js';
import { needing } from '../../support/needing.js';
import { tempDir } from '../../support/temp-dir.js';
import { NEWEST_ORIGINAL, newestOriginal } from '../../engine/fold/newest-original.js';
import { isOriginalThere, ORIGINAL, originalPath } from '../../engine/wal/original-harness.js';

const KEY = 'artifacts/edge/orders';

interface Place {
  readonly folder: string;
  readonly bucket: string;
  readonly url: string;
  readonly store: string;
}

/** A fold log with cursor 1240, and an empty bucket beside it. */
function place(t: ExecutionContext): Place {
  const folder = tempDir(t);
  const store = path.join(folder, 'orders.snap');
  cpSync(fixturePath('fold-log.snap'), store);
  const bucket = path.join(folder, 'bucket');
  return { folder, bucket, store, url: pathToFileURL(path.join(bucket, KEY)).href };
}

async function run(t: ExecutionContext, ...argv: string[]): Promise<string> {
  const { exitCode, stdout, stderr } = await commandLine(argv);
  t.is(exitCode, 0, `${argv.join(' ')}: ${stderr}`);
  return stdout;
}

function payloadsOf(bucket: string): string[] {
  return readdirSync(path.join(bucket, `${KEY}.payloads`)).filter((name) => name.endsWith('.tar'));
}

test('nothing is published into the folder of a state directory, by its name or through a link', async (t) => {
  const { folder, store } = place(t);
  const directory = path.join(folder, 'directory');
  await run(t, 'put', directory, 'a', '1');
  const names = readdirSync(directory, { recursive: true });
  symlinkSync(path.join(directory, 'checkpoints'), path.join(folder, 'link'));
  for (const into of [directory, path.join(directory, 'checkpoints'), path.join(folder, 'link')]) {
    const { exitCode, stderr } = await commandLine([
      'export',
      store,
      pathToFileURL(path.join(into, 'key')).href,
    ]);
    t.is(exitCode, 8, stderr);
    t.regex(stderr, /lies in .*directory, which statelog keeps/);
  }
  t.deepEqual(readdirSync(directory, { recursive: true }), names);
});

test('a store is exported to a folder laid out like a bucket, and every command that reads takes its URL', async (t) => {
  const { folder, bucket, url, store } = place(t);
  const report = JSON.parse(await run(t, 'export', store, url, '--json')) as Record<string, unknown>;
  t.is(report['path'], url);
  t.is(report['cursor'], '1240');
  const [payload] = payloadsOf(bucket);
  t.is(report['payload'], pathToFileURL(path.join(bucket, `${KEY}.payloads`, payload!)).href);
  t.regex(payload!, /^00000000000004d8-[0-9a-f]{16}\.tar$/);
  t.is(await run(t, 'scan', url), await run(t, 'scan', store));
  t.is(await run(t, 'diff', url, store), '');
  t.regex(await run(t, 'verify', url), /: good, artifact-tar, 1 file/);
  t.regex(await run(t, 'stat', url), /^cursor\t1240$/m);
  const [key] = (await run(t, 'scan', store, '--keys-only', '--limit', '1')).split('\n');
  t.is(await run(t, 'get', url, key!), await run(t, 'get', store, key!));
  const copy = path.join(folder, 'copy.snap');
  const imported = await run(t, 'import', url, copy, '--expect', report['digest'] as string);
  t.regex(imported, new RegExp(String(report['digest'])));
  t.is(await run(t, 'diff', store, copy), '');
});

test('an export that is repeated uploads nothing twice; one whose content differs is another payload', async (t) => {
  const { bucket, url, store } = place(t);
  await run(t, 'export', store, url);
  await run(t, 'export', store, url);
  t.is(payloadsOf(bucket).length, 1);
  await run(t, 'put', store, 'one more', 'value', '--cursor', '1241');
  await run(t, 'export', store, url);
  t.is(payloadsOf(bucket).length, 2);
});

test('a state directory goes to a bucket and back by its epoch', async (t) => {
  const { folder, url } = place(t);
  const store = path.join(folder, 'state');
  await run(t, 'put', store, 'a', '1');
  await run(t, 'checkpoint', store);
  await run(t, 'export', store, url);
  const older = path.join(folder, 'older');
  await run(t, 'put', store, 'b', '2');
  await run(t, 'checkpoint', store);
  await run(t, 'export', store, url);
  t.is(await run(t, 'scan', url), 'a\t1\nb\t2\n');
  const refused = await commandLine(['export', store, url, '--at', '1']);
  t.is(refused.exitCode, 8);
  t.regex(
    refused.stderr,
    /^statelog: a newer snapshot is published there: [^\n]*--?[^\n]*\n$|^statelog: [^\n]+\n$/,
  );
  await run(t, 'import', url, older);
  t.is(await run(t, 'diff', older, store), '');
});

test('a URL where a path is meant is refused, and makes nothing', async (t) => {
  const { url } = place(t);
  for (const argv of [
    ['put', url, 'key', 'value'],
    ['create', 's3://bucket/key'],
    ['repair', url],
    ['checkpoint', 's3://bucket/key'],
    ['import', fixturePath('artifact'), url],
    ['export', url, '-'],
  ]) {
    const { exitCode, stderr } = await commandLine(argv);
    t.is(exitCode, 2, argv.join(' '));
    t.regex(stderr, /^statelog: \w+ is a URL, and this command works on what lies on disk; [^\n]+\n$/);
  }
});

test('a URL that names no place is refused with what would', async (t) => {
  for (const [url, reason] of [
    ['gs://bucket/key', /gs:\/\/ is not where snapshots are kept; s3:\/\/BUCKET/],
    ['s3://bucket', /it names no key/],
    ['s3:///key', /is no name of a bucket/],
    ['s3://key:secret@bucket/key', /^(?!.*secret).*more than a bucket before the first \//],
    ['s3://bucket/a/../b', /empty, \. or \.\./],
    ['file://elsewhere/key', /not the URL of an absolute path/],
    ['file:///', /it names no folder/],
  ] as const) {
    const { exitCode, stderr } = await commandLine(['verify', url]);
    t.is(exitCode, 2, url);
    t.regex(stderr, reason);
  }
});

test('a path where the URL of snapshots is meant is refused with its URL, and with what reads a store', async (t) => {
  const { folder, store } = place(t);
  const snapshots = path.join(folder, 'snap shots');
  for (const argv of [
    ['list', snapshots],
    ['prune', snapshots, '--keep', '1'],
    ['replicate', store, snapshots],
  ]) {
    const { exitCode, stderr } = await commandLine(argv);
    t.is(exitCode, 2, argv.join(' '));
    t.true(stderr.startsWith(`statelog: ${snapshots}: it is a path, and not the URL of snapshots; `), stderr);
    t.regex(stderr, /read with scan, stat and verify/);
    t.true(stderr.endsWith(`is file://${encodeURI(snapshots)}\n`), stderr);
  }
});

test('what is wrong in a bucket is said in one line, and nothing half-made is left', async (t) => {
  const { folder, bucket, url, store } = place(t);
  await run(t, 'export', store, url);
  const pointer = path.join(bucket, `${KEY}.manifest.json`);
  const good = readFileSync(pointer);
  const payload = path.join(bucket, `${KEY}.payloads`, payloadsOf(bucket)[0]!);
  const tar = readFileSync(payload);
  const expectFailure = async (exitCode: number, reason: RegExp): Promise<void> => {
    const result = await commandLine(['import', url, path.join(folder, 'no.snap')]);
    t.is(result.exitCode, exitCode, result.stderr);
    t.regex(result.stderr, reason);
    t.regex(result.stderr, /^statelog: [^\n]+\n$/);
    t.deepEqual(readdirSync(folder).sort(), ['bucket', 'orders.snap']);
  };
  truncateSync(payload, tar.length - 700);
  await expectFailure(3, /ends before its end/);
  const flipped = Buffer.from(tar);
  flipped[2000]! ^= 4;
  writeFileSync(payload, flipped);
  await expectFailure(3, /fold\.snap is not what the manifest says/);
  writeFileSync(payload, tar);
  writeFileSync(pointer, Buffer.concat([good, Buffer.from('\n')]));
  await expectFailure(6, /there is no such blob/);
  writeFileSync(pointer, 'no manifest');
  await expectFailure(3, /MANIFEST\.json: it is not JSON/);
  truncateSync(pointer, 2 ** 30);
  await expectFailure(3, /it has 1073741824 bytes, more than the 1048576 allowed/);
});

const withOriginals = needing(
  test,
  `${ORIGINAL}; ${NEWEST_ORIGINAL}`,
  isOriginalThere && newestOriginal.isThere,
);

withOriginals(
  'Slipstream 0.7 and 0.8 fetch what is published here, and what they publish is read here',
  async (t) => {
    const { folder, bucket, url, store } = place(t);
    await run(t, 'export', store, url);
    for (const [name, program] of [
      ['seven', originalPath],
      ['eight', newestOriginal.path],
    ] as const) {
      const fetched = path.join(folder, name);
      execFileSync(program, ['fetch', bucket, 'edge/orders', fetched]);
      t.is(await run(t, 'diff', fetched, store), '');
      mkdirSync(path.join(folder, `by-${name}`));
      execFileSync(program, ['publish', fetched, path.join(folder, `by-${name}`), 'edge/orders']);
      const theirs = pathToFileURL(path.join(folder, `by-${name}`, KEY)).href;
      t.is(await run(t, 'diff', theirs, store), '');
      t.regex(await run(t, 'verify', theirs), /: good/);
      // They publish over ours, and we over theirs.
      execFileSync(program, ['publish', fetched, bucket, 'edge/orders']);
      t.is(await run(t, 'diff', url, store), '');
      await run(t, 'export', store, url);
    }
  },
);

test('what is published in a folder is listed by its keys, and pruned', async (t) => {
  const { folder, bucket, url, store } = place(t);
  await run(t, 'export', store, url);
  await run(t, 'put', store, 'one more', 'value', '--cursor', '1241');
  await run(t, 'export', store, url);
  const lines = await run(t, 'list', pathToFileURL(bucket).href);
  t.regex(lines, new RegExp(`^${KEY}\t1241\t\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\dZ\t\\d+\t2\t0\n$`));
  const [listed] = (await run(t, 'list', url, '--json')).trimEnd().split('\n');
  const { payloads, ...pointer } = JSON.parse(listed!) as { payloads: { current: boolean; rank: string }[] };
  t.like(pointer, { url, cursor: '1241', backend: 'append-log' });
  t.deepEqual(
    payloads.map(({ current, rank }) => [current, rank]),
    [
      [true, '1241'],
      [false, '1240'],
    ],
  );
  // A folder beside the key, with its name, does not hide it.
  mkdirSync(path.join(bucket, KEY));
  t.is((await run(t, 'list', url)).split('\n').length, 2);
  t.regex(await run(t, 'prune', url), /0 snapshots .* removed, 2 kept/);
  t.regex(await run(t, 'prune', url, '--grace', '0s'), /1 snapshot .* removed, 1 kept/);
  t.is(await run(t, 'diff', store, url), '');
  const none = await commandLine(['prune', pathToFileURL(path.join(folder, 'none')).href]);
  t.is(none.exitCode, 6);
  t.regex(none.stderr, /no snapshot is published under this key/);
});
