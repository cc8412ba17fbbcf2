import path from 'node:path';
import test from 'ava';
import { createStore, openReadable, openWritable } from '../../../src/engine/inspect/open.js';
import type { FileSystem } from '../../../src/engine/storage-io/interface/file-system.js';
import { realFileSystem } from '../../../src/engine/storage-io/real/real-file-system.js';
import { withReplaced } from '../../../src/engine/storage-io/views/replaced-members.js';
import { tempDir } from '../../support/temp-dir.js';

const KEY = Buffer.from('key');

/** The machine's files, where other hands act before one of the looks at what is there. */
function actedOnBeforeLook(number: number, act: () => void): FileSystem {
  const disk = realFileSystem();
  let looks = 0;
  const looking =
    <T>(look: (at: string) => T) =>
    (at: string): T => {
      if (++looks === number) act();
      return look(at);
    };
  return withReplaced(disk, {
    status: looking((at) => disk.status(at)),
    statusFollowing: looking((at) => disk.statusFollowing(at)),
  });
}

for (const name of ['orders', 'orders.snap']) {
  test(`whenever another makes ${name} first, a store that is to be made if missing opens`, async (t) => {
    for (let look = 1, acted = true; acted; look++) {
      const store = path.join(tempDir(t), name);
      acted = false;
      const fileSystem = actedOnBeforeLook(look, () => {
        acted = true;
        if (realFileSystem().status(store) === undefined) createStore(store);
      });
      const opened = await openWritable(store, { fileSystem, create: {} });
      t.is(opened.count(), 0, `before look ${look}`);
      opened.put(KEY, KEY);
      await opened.sync();
      opened.close();
      const read = openReadable(store);
      t.is(read.count(), 1, `before look ${look}`);
      read.close();
    }
  });
}
