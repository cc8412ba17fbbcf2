import test from 'ava';
import { APPEND_LOG_BACKEND, FOLD_PATH } from '../../../src/engine/artifact/backends/append-log-artifact.js';
import { AppendLogSnapshot } from '../../../src/engine/artifact/backends/append-log-snapshot.js';
import { writeArtifact } from '../../../src/engine/artifact/write/write-artifact.js';
import { KvUpdate } from '../../../src/engine/fold/format/update.js';
import { VersionToken } from '../../../src/engine/fold/format/version-token.js';
import { WatchCursor } from '../../../src/engine/fold/format/watch-cursor.js';
import { SimulatedFileSystem } from '../../simulated-disk/index.js';
import { importStore } from '../../../src/engine/transfer/import-store.js';

const LOG = '/from/log.snap';
const put = (key: string, value: string): KvUpdate =>
  KvUpdate.put(key, Buffer.from(value), VersionToken.fromU64(7n));

const SWAPPED = 'as another program may write it, tidy and out of order';

/** Logs that hold `a` = `1`, `b` = `2`, and nothing else; and the cursor that each ends with. */
const LOGS: Readonly<Record<string, (store: AppendLogSnapshot) => WatchCursor>> = {
  'in its compact form': (store) => {
    store.apply([put('a', '1'), put('b', '2')], WatchCursor.fromU64(9n));
    store.compact();
    return WatchCursor.fromU64(9n);
  },
  'in its compact form, without a cursor': (store) => {
    store.apply([put('a', '1'), put('b', '2')], WatchCursor.none());
    store.compact();
    return WatchCursor.none();
  },
  [SWAPPED]: (store) => {
    store.apply([put('a', '1'), put('b', '2')], WatchCursor.fromU64(9n));
    store.compact();
    return WatchCursor.fromU64(9n);
  },
  'with an overwritten value': (store) => {
    store.apply([put('a', '0'), put('b', '2')], WatchCursor.fromU64(8n));
    store.apply([put('a', '1')], WatchCursor.fromU64(9n));
    return WatchCursor.fromU64(9n);
  },
  'in another order': (store) => {
    store.apply([put('b', '2'), put('a', '1')], WatchCursor.fromU64(9n));
    return WatchCursor.fromU64(9n);
  },
  'with a cursor that says nothing': (store) => {
    store.apply([put('a', '1'), put('b', '2')], WatchCursor.none());
    return WatchCursor.none();
  },
  'with a deleted key': (store) => {
    store.apply([put('a', '1'), put('b', '2'), put('c', '3')], WatchCursor.fromU64(8n));
    store.apply([KvUpdate.delete('c')], WatchCursor.fromU64(9n));
    return WatchCursor.fromU64(9n);
  },
};

/** Puts the two records of a compact log in the other order. */
function swapped(bytes: Uint8Array): Uint8Array {
  const recordBytes = 12 + 1 + 1 + 8;
  const [header, first, second, rest] = [
    bytes.subarray(0, 6),
    bytes.subarray(6, 6 + recordBytes),
    bytes.subarray(6 + recordBytes, 6 + 2 * recordBytes),
    bytes.subarray(6 + 2 * recordBytes),
  ];
  return Buffer.concat([header, second, first, rest]);
}

for (const [how, fill] of Object.entries(LOGS)) {
  test(`an artifact of a fold log ${how} is imported in its compact form, and can be written`, async (t) => {
    const fileSystem = new SimulatedFileSystem();
    for (const folder of ['/from', '/to']) fileSystem.makeDirectory(folder);
    const { store } = AppendLogSnapshot.open(LOG, Infinity, { fileSystem });
    const cursor = fill(store);
    const written = fileSystem.disk.fileBytes(LOG).slice();
    const bytes = how === SWAPPED ? swapped(written) : written;
    const compact = Buffer.concat([...store.compactChunks()].map((chunk) => chunk.slice()));
    store.close();
    const files = [{ path: FOLD_PATH, size: bytes.length, chunks: () => [bytes] }];
    const content = { backend: APPEND_LOG_BACKEND, backendVersion: '2', cursor, createdAtUnix: 0, files };
    writeArtifact(fileSystem, content, '/from/artifact', 'folder');

    const report = await importStore({ fileSystem, source: '/from/artifact', destination: '/to/log.snap' });
    t.is(report.keys, 2);
    t.deepEqual(Buffer.from(fileSystem.disk.fileBytes('/to/log.snap')), compact);
    await importStore({
      fileSystem,
      source: '/from/artifact',
      destination: '/to/store',
      kind: 'directory',
      dropRevisions: true,
    });

    const imported = AppendLogSnapshot.import('/from/artifact', '/to/open.snap', Infinity, { fileSystem });
    t.true(imported.cursor.equals(cursor));
    // As Slipstream does, opening leaves a tidy log as it is.
    const expected = how === SWAPPED ? bytes : compact;
    t.deepEqual(Buffer.from(fileSystem.disk.fileBytes('/to/open.snap')), Buffer.from(expected));
    t.throws(() => AppendLogSnapshot.open('/to/open.snap', Infinity, { fileSystem }), { code: 'LOCKED' });
    imported.store.apply([put('c', '3')], WatchCursor.fromU64(10n));
    imported.store.close();
    t.deepEqual(fileSystem.openPaths, []);
    const again = AppendLogSnapshot.load('/to/open.snap', { fileSystem }).store;
    t.deepEqual(
      again.range().map(({ key, value }) => `${key} ${Buffer.from(value).toString()}`),
      ['a 1', 'b 2', 'c 3'],
    );
    again.close();
    t.deepEqual(fileSystem.readDirectory('/to'), ['log.snap', 'open.snap', 'store']);
  });
}
