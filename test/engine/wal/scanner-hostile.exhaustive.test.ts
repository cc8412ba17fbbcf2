import test from 'ava';
import { HOSTILE_BYTES } from '../hostile-bytes.js';
import { CROWDED_SEGMENTS } from './crowded-segments.js';
import { HOSTILE_SEGMENTS } from './hostile-segments.js';
import { MemoryFile } from './memory-file.js';
import { scanFile } from './scanned.js';
import { entryOf, joined, recordOf, records } from './segment-builder.js';

const MIB = 1024 * 1024;
/** Bytes read for each byte of the file, whatever is in it. Checksums in memory come on top, and are bounded alike. */
const READS_A_BYTE_MAX = 64;

for (const [name, make] of Object.entries({ ...HOSTILE_SEGMENTS, ...CROWDED_SEGMENTS, ...HOSTILE_BYTES })) {
  test(`reading stays linear in the size of a segment full of ${name}`, (t) => {
    const reads = [1, 4].map((size) => {
      const file = new MemoryFile(make(size * MIB));
      scanFile(file, { blockBytes: MIB });
      return file.readBytes / file.bytes.length;
    });
    t.true(reads[0]! < READS_A_BYTE_MAX * 4, `1 MiB: ${reads[0]} times`);
    t.true(reads[1]! < READS_A_BYTE_MAX, `4 MiB: ${reads[1]} times`);
  });
}

test('good records behind a hostile stretch are found', (t) => {
  const good = records(5, 0n, { lag: 0 });
  const last = records(3, 5n, { lag: 0 });
  const large = recordOf(
    entryOf({
      sequence: 8n,
      lag: 0,
      operation: { op: 'put', key: new Uint8Array([1]), value: new Uint8Array(3 * MIB).fill(8) },
    }),
  );
  for (const [name, make] of Object.entries(HOSTILE_SEGMENTS)) {
    if (name.startsWith('records that jump') || name.startsWith('good records')) continue;
    const { records: found } = scanFile(new MemoryFile(joined(...good, make(MIB), ...last, large)));
    const sequences = found.map(({ sequence }) => sequence);
    t.deepEqual(sequences.slice(0, 5), [0n, 1n, 2n, 3n, 4n], name);
    t.deepEqual(sequences.slice(-4), [5n, 6n, 7n, 8n], name);
  }
});

test('a file that is far shorter than a record claims is not given memory for the claim', (t) => {
  const bytes = new Uint8Array(64);
  new DataView(bytes.buffer).setUint32(0, 200 * MIB, true);
  const before = process.memoryUsage().arrayBuffers;
  t.is(scanFile(new MemoryFile(bytes)).tail, 'torn-tail');
  t.true(process.memoryUsage().arrayBuffers - before < MIB);
});
