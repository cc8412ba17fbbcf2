import test from 'ava';
import { toUtf8 } from '../../../src/engine/bytes/text/text.js';
import { readU32 } from '../../../src/engine/bytes/halves.js';
import { BLOCK_LENGTH_AT, INDEX_HEADER_BYTES } from '../../../src/engine/state/format/format.js';
import { MmapStateStore } from '../../../src/engine/state/store/mmap-state-store.js';
import { SimulatedDisk, SimulatedFileSystem } from '../../simulated-disk/index.js';

const PATH = '/state.db';
const INDEX_PATH = '/state.idx';

test('no bit of an index’s block can be flipped without a word, though no value depends on it', (t) => {
  const whole = new SimulatedFileSystem();
  const store = MmapStateStore.persistent(PATH, 0, { fileSystem: whole });
  store.put(toUtf8('key'), toUtf8('value'));
  store.flush();
  store.close();
  const db = whole.disk.fileBytes(PATH);
  const idx = whole.disk.fileBytes(INDEX_PATH);
  const blockLength = readU32(idx, BLOCK_LENGTH_AT);
  t.true(blockLength > 0);
  for (let bit = 8 * INDEX_HEADER_BYTES; bit < 8 * (INDEX_HEADER_BYTES + blockLength); bit++) {
    const flipped = idx.slice();
    flipped[bit >> 3]! ^= 1 << (bit & 7);
    const disk = new SimulatedDisk();
    disk.plantFile(PATH, db);
    disk.plantFile(INDEX_PATH, flipped);
    const fileSystem = new SimulatedFileSystem({ disk });
    const open = () => MmapStateStore.openReadOnly(PATH, { fileSystem });
    t.throws(open, { code: 'DAMAGED' }, `byte ${bit >> 3}, bit ${bit & 7}`);
  }
});
