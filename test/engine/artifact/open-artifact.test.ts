import { cpSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { openArtifact } from '../../../src/engine/artifact/read/open-artifact.js';
import { coreOfKey } from '../../../src/engine/directory/state/core-state.js';
import { openReadable } from '../../../src/engine/inspect/open.js';
import { realFileSystem } from '../../../src/engine/storage-io/real/real-file-system.js';
import { buildDirectoryStore } from '../../../src/engine/transfer/build-store.js';
import { prepareExport } from '../../../src/engine/transfer/export-store.js';
import { failureOf } from '../../support/failure.js';
import { filePrints } from '../../support/file-prints.js';
import { fixturePath } from '../../support/fixtures.js';
import { tempDir } from '../../support/temp-dir.js';

const fileSystem = realFileSystem();
const entries = Array.from({ length: 500 }, (_, index) => ({
  key: Buffer.from(`key ${String(index).padStart(4, '0')}`),
  value: Buffer.alloc(index * 7, index),
}));

/** An artifact of a state directory with three cores. */
function artifact(t: ExecutionContext, form: 'folder' | 'tar'): string {
  const folder = tempDir(t);
  const store = path.join(folder, 'store');
  buildDirectoryStore(fileSystem, store, {
    forEachEntry(visit) {
      for (const { key, value } of entries) visit(key, value);
    },
    cores: 3,
  });
  const prepared = prepareExport({ source: store, createdAtUnix: 0, scratchBeside: store });
  const destination = path.join(folder, `artifact-${form}`);
  prepared.writeTo(destination, form);
  prepared.close();
  return destination;
}

for (const form of ['folder', 'tar'] as const) {
  test(`an artifact is read where it lies, and nothing is written: ${form}`, (t) => {
    const place = artifact(t, form);
    const before = filePrints(path.dirname(place));
    const store = openReadable(place);
    t.is(store.kind, 'artifact');
    t.is(store.cores, 3);
    t.is(store.epoch, 1n);
    t.is(store.count(), entries.length);
    t.deepEqual(
      [...store.entries()].map(({ key, value }) => [key.toString(), value.length]),
      entries.map(({ key, value }) => [Uint8Array.from(key).toString(), value.length]),
    );
    for (const { key, value } of entries) t.deepEqual(Buffer.from(store.get(key)!.value), value);
    t.is(store.get(Buffer.from('absent')), undefined);
    const range = { prefix: Buffer.from('key 01') };
    t.is(store.count(range), 100);
    t.is([...store.keys(range)].length, 100);
    store.close();
    t.deepEqual(filePrints(path.dirname(place)), before);
    t.deepEqual(
      readdirSync(path.dirname(place)).filter((name) => name.startsWith('.')),
      [],
    );
  });

  test(`a turned bit anywhere in a payload is refused before anything is shown: ${form}`, (t) => {
    const place = artifact(t, form);
    const file = form === 'tar' ? place : path.join(place, 'data', 'state-1.db');
    const whole = readFileSync(file);
    const holder = entries.find(({ key, value }) => coreOfKey(key, 3) === 1 && value.length > 1_000)!;
    const at = whole.indexOf(holder.value);
    t.true(at > 0);
    const bytes = Buffer.from(whole);
    bytes[at + 500]! ^= 1;
    writeFileSync(file, bytes);
    const { code, details } = failureOf(() => openArtifact(fileSystem, place));
    t.is(code, 'DIGEST_MISMATCH');
    t.is(details.path, place);
  });

  test(`one that is changed while it is read is not mixed with what it was: ${form}`, (t) => {
    const place = artifact(t, form);
    const file = form === 'tar' ? place : path.join(place, 'data', 'state-0.idx');
    let reads = 0;
    const changing = new Proxy(fileSystem, {
      get: (inner, name) => {
        const member = Reflect.get(inner, name) as unknown;
        if (name !== 'openRead')
          return typeof member === 'function' ? (member.bind(inner) as unknown) : member;
        return (opened: string, links: 'follow' | 'refuse') => {
          if (opened === file && ++reads === 2) writeFileSync(file, readFileSync(file));
          return inner.openRead(opened, links);
        };
      },
    });
    const { code, details } = failureOf(() => openArtifact(changing, place));
    t.true(reads >= 2);
    t.deepEqual([code, details.path], ['IO_FAILED', file]);
  });
}

test("Slipstream's artifacts are read with their cursor and versions, a folder and a tar", (t) => {
  const folder = openReadable(fixturePath('artifact'));
  const tarPath = 'bucket/artifacts/edge/orders.payloads/00000000000005a5-3230b8366697f863.tar';
  const tar = openReadable(fixturePath(tarPath));
  for (const [store, log] of [
    [folder, fixturePath('artifact/data/fold.snap')],
    [tar, undefined],
  ] as const) {
    t.true(store.cursor!.length > 0);
    if (log === undefined) continue;
    const direct = openReadable(log);
    t.deepEqual([...store.entries()], [...direct.entries()]);
    direct.close();
  }
  t.true(tar.count() > 0);
  folder.close();
  tar.close();
});

test('a payload of another backend is not ours to read', (t) => {
  const place = path.join(tempDir(t), 'artifact');
  cpSync(fixturePath('artifact'), place, { recursive: true });
  const manifest = path.join(place, 'MANIFEST.json');
  writeFileSync(manifest, readFileSync(manifest, 'utf8').replace('append-log', 'rocksdb'));
  t.is(failureOf(() => openReadable(place)).code, 'UNKNOWN_FORMAT');
});
