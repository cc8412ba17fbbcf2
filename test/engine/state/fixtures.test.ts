import { copyFileSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { toHex } from '../../../src/engine/bytes/text/text.js';
import { MmapStateStore } from '../../../src/engine/state/store/mmap-state-store.js';
import { fixturePath } from '../../support/fixtures.js';
import { tempDir } from '../../support/temp-dir.js';

const NAMES = ['state-empty', 'state-one', 'state-small', 'state-medium', 'state-large'];

/** What the original program says of a store, one JSON object a line. */
function linesOf(store: MmapStateStore): string[] {
  const { length, sizeBytes, fragmentation } = store;
  const head = JSON.stringify({ fragmentation, keys: length, sizeBytes });
  const entries = [...store.scan()].map(({ key, value }) =>
    JSON.stringify({ key: toHex(key), value: toHex(value) }),
  );
  return [head, ...entries];
}

function expectedLines(name: string): string[] {
  const text = readFileSync(fixturePath(`${name}.ndjson`), 'utf8');
  // 0.0 is how the original writes what JSON.stringify writes as 0.
  return text.replace('"fragmentation":0.0,', '"fragmentation":0,').trimEnd().split('\n');
}

function fingerprint(file: string): string {
  const { mtimeNs, ctimeNs, size, ino } = statSync(file, { bigint: true });
  return [mtimeNs, ctimeNs, size, ino].join(' ');
}

export function copyFixture(t: ExecutionContext, name: string): string {
  const folder = tempDir(t);
  for (const extension of ['db', 'idx']) {
    copyFileSync(fixturePath(`${name}.${extension}`), path.join(folder, `${name}.${extension}`));
  }
  return path.join(folder, `${name}.db`);
}

for (const name of NAMES) {
  test(`${name} opens for writing with the content that LaminarDB gave it`, (t) => {
    const store = MmapStateStore.persistent(copyFixture(t, name), 4096);
    t.deepEqual(linesOf(store), expectedLines(name));
    store.close();
  });

  for (const mapping of ['always', 'never', 'when-worth-it'] as const) {
    test(`${name} is read where it lies, mapping ${mapping}, and stays untouched`, (t) => {
      const files = [fixturePath(`${name}.db`), fixturePath(`${name}.idx`)];
      const before = files.map(fingerprint);
      const store = MmapStateStore.openReadOnly(fixturePath(`${name}.db`), { mapping });
      t.deepEqual(linesOf(store), expectedLines(name));
      store.close();
      t.deepEqual(files.map(fingerprint), before);
    });
  }

  test(`${name} saved by us keeps its content, now with checksums`, (t) => {
    const file = copyFixture(t, name);
    const store = MmapStateStore.persistent(file, 4096);
    store.put(Buffer.from('new'), Buffer.from('value'));
    store.flush();
    store.delete(Buffer.from('new'));
    store.flush();
    store.close();
    for (const mapping of ['always', 'never', 'when-worth-it'] as const) {
      const reader = MmapStateStore.openReadOnly(file, { mapping });
      t.deepEqual(linesOf(reader).slice(1), expectedLines(name).slice(1));
      reader.close();
    }
  });
}
