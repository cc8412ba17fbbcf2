import path from 'node:path';
import test from 'ava';
import type { Entry } from '../../../src/engine/entry-cursor.js';
import { writePair } from '../../../src/engine/repair/state/write-pair.js';
import { realFileSystem } from '../../../src/engine/storage-io/real/real-file-system.js';
import { tempDir } from '../../support/temp-dir.js';

const entry = (key: number): Entry => ({ key: Uint8Array.of(key), value: Uint8Array.of(key, key) });

for (const [what, later] of [
  ['grew', [1, 2, 3]],
  ['shrank', [1]],
] as const) {
  test(`a source that ${what} between the two passes over it is told of, and makes no pair`, (t) => {
    const root = tempDir(t);
    const pair = {
      fileSystem: realFileSystem(),
      statePath: path.join(root, 'state-0.db'),
      indexPath: path.join(root, 'state-0.idx'),
      storeId: new Uint8Array(16),
      generation: 1n,
      epoch: 0n,
      coreId: 0,
    };
    const passes = [[1, 2], later];
    const error = t.throws(() => writePair(pair, () => passes.shift()!.map(entry)), { code: 'IO_FAILED' });
    t.regex(error.message, /changed while it was read/);
  });
}
