import test from 'ava';
import { ContentDigest } from '../../../src/engine/bytes/hash/content-digest.js';
import { AppendLogFold } from '../../../src/engine/fold/store/append-log-fold.js';
import { KvUpdate } from '../../../src/engine/fold/format/update.js';
import { positionText } from '../../../src/engine/fold/format/position-text.js';
import { WatchCursor } from '../../../src/engine/fold/format/watch-cursor.js';
import { openReadable } from '../../../src/engine/inspect/open.js';
import type { FileSystem } from '../../../src/engine/storage-io/interface/file-system.js';
import { SimulatedFileSystem } from '../../simulated-disk/index.js';
import { prepareExport } from '../../../src/engine/transfer/export-store.js';

const LOG = '/log.snap';

/** The same file system, with something done whenever a file is opened for reading. */
function watched(fileSystem: FileSystem, onOpen: (path: string) => void): FileSystem {
  return new Proxy(fileSystem, {
    get: (inner, name) => {
      const member = Reflect.get(inner, name) as unknown;
      if (name !== 'openRead') return typeof member === 'function' ? (member.bind(inner) as unknown) : member;
      return (path: string, links?: 'follow' | 'refuse') => {
        onOpen(path);
        return inner.openRead(path, links);
      };
    },
  });
}

test('the report of an export is of the very content that was exported, whatever a writer does meanwhile', (t) => {
  const fileSystem = new SimulatedFileSystem();
  const { store: writer } = AppendLogFold.open(LOG, Infinity, { fileSystem });
  let puts = 0;
  const put = (): void => {
    writer.apply([KvUpdate.put(`key ${puts++}`, Buffer.from('value'))], WatchCursor.fromU64(BigInt(puts)));
  };
  put();
  const busy = watched(fileSystem, (path) => {
    if (path === LOG) put();
  });
  const prepared = prepareExport({
    fileSystem: busy,
    source: LOG,
    createdAtUnix: 0,
    scratchBeside: '/artifact',
  });
  put();
  const report = prepared.writeTo('/artifact', 'folder');
  prepared.close();
  writer.close();
  const exported = openReadable('/artifact', { fileSystem });
  const digest = new ContentDigest();
  exported.forEachEntry((key, value) => {
    digest.add(key, value);
  });
  t.is(report.keys, digest.keys);
  t.is(report.digest, digest.hex());
  t.is(report.cursor, positionText(exported.cursor!));
  exported.close();
});
