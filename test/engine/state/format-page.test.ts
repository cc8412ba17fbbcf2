import { readFileSync } from 'node:fs';
import test from 'ava';
import { crc32c } from '../../../src/engine/bytes/crc/checksum.js';
import { BLOCK_FIXED_BYTES } from '../../../src/engine/state/format/index-block.js';
import { IndexFileWriter } from '../../../src/engine/state/write/index-file-writer.js';
import { HEAD_CHECKED_BYTES } from '../../../src/engine/state/format/index-head.js';
import { MmapStateStore } from '../../../src/engine/state/store/mmap-state-store.js';
import { SimulatedDisk, SimulatedFileSystem } from '../../simulated-disk/index.js';

const page = readFileSync(new URL('../../../docs/formats/state-file.md', import.meta.url), 'utf8');

/** The bytes of an example on the page. */
function exampleOf(name: string): number[] {
  const block = new RegExp(`\`\`\`hex ${name}\\n([^\`]*)\`\`\``).exec(page)![1]!;
  return block
    .trimEnd()
    .split('\n')
    .flatMap((line) => /^((?:[0-9a-f]{2} ? ?)+)/.exec(line)![1]!.trim().split(/ +/))
    .map((byte) => parseInt(byte, 16));
}

test("the page's index is what the writer writes", (t) => {
  const fileSystem = new SimulatedFileSystem();
  const descriptor = fileSystem.createExclusive('/state.idx');
  const writer = new IndexFileWriter({ fileSystem, descriptor, path: '/state.idx', count: 1, keyBytes: 3 });
  writer.add(Buffer.from('key'), 0, 5);
  writer.finish({
    writePos: 5,
    nextVersion: 1n,
    storeId: Uint8Array.from({ length: 16 }, (_, byte) => byte),
    generation: 1n,
    epoch: 0n,
    coreId: 0,
    valuePageSums: Uint32Array.of(crc32c(Buffer.from('value'))),
  });
  t.deepEqual([...fileSystem.disk.fileBytes('/state.idx')], exampleOf('index'));
});

test("the page's state file is what a store starts with, and the two are a store", (t) => {
  const fileSystem = new SimulatedFileSystem();
  const store = MmapStateStore.persistent('/state.db', 0, { fileSystem });
  store.put(Buffer.from('key'), Buffer.from('value'));
  store.flush();
  store.close();
  const example = exampleOf('state');
  t.deepEqual([...fileSystem.disk.fileBytes('/state.db').subarray(0, example.length)], example);

  const disk = new SimulatedDisk();
  disk.plantFile('/state.db', Uint8Array.from(example));
  disk.plantFile('/state.idx', Uint8Array.from(exampleOf('index')));
  const reader = MmapStateStore.openReadOnly('/state.db', { fileSystem: new SimulatedFileSystem({ disk }) });
  t.deepEqual(reader.get(Buffer.from('key')), Uint8Array.from(Buffer.from('value')));
  t.is(reader.sizeBytes, 8);
});

test('the sizes that the page names are those of the code', (t) => {
  t.true(page.includes(`The block takes ${BLOCK_FIXED_BYTES} bytes`));
  t.true(page.includes(`the first ${HEAD_CHECKED_BYTES} bytes of the index`));
});
