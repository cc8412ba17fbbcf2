import { readFileSync } from 'node:fs';
import test from 'ava';
import { toUtf8 } from '../../../src/engine/bytes/text/text.js';
import { ROOT } from '../../../src/engine/rkyv/entry/wal-entry-format.js';
import { SimulatedFileSystem } from '../../simulated-disk/simulated-file-system.js';
import { readWholeFile } from '../../../src/engine/storage-io/whole/write-fully.js';
import {
  RECORD_BYTES_MIN,
  RECORD_LENGTH_MAX,
  RECORD_LENGTH_MIN,
} from '../../../src/engine/wal/format/record.js';
import { CoreWalWriter } from '../../../src/engine/wal/write/writer.js';
import { manualClock } from './manual-clock.js';
import { scan } from './scanned.js';

const page = readFileSync(new URL('../../../docs/formats/wal.md', import.meta.url), 'utf8');
const PATH = '/wal-3.log';

/** The bytes of the page's example; each line's position must be where the line before ended. */
function example(): Uint8Array {
  const block = /```hex wal\n([^`]*)```/.exec(page)![1]!;
  const bytes: number[] = [];
  for (const line of block.trimEnd().split('\n')) {
    const [, position, hex] = /^ *(\d+) {2}((?:[0-9a-f]{2} ?)+)/.exec(line)!;
    if (Number(position) !== bytes.length) throw new Error(`"${line}" is at ${bytes.length}`);
    const pairs = hex!.trim().split(' ');
    bytes.push(...pairs.map((pair) => parseInt(pair, 16)));
  }
  return Uint8Array.from(bytes);
}

test("the page's example is what the writer writes, and reads back", (t) => {
  const fileSystem = new SimulatedFileSystem();
  const clock = manualClock(1_770_000_000_000_000_000n);
  const start = { epoch: 8n, nextSequence: 41n };
  const writer = CoreWalWriter.create(3, PATH, { fileSystem, clock, start });
  t.is(writer.appendPut(toUtf8('apple'), toUtf8('green')), 0);
  t.is(writer.appendDelete(toUtf8('pear')), 88);
  writer.sync();
  t.is(writer.appendEpochBarrier(), 168);
  writer.close();
  t.deepEqual(example(), readWholeFile(fileSystem, PATH, 1024));
  const { records, findings, tail } = scan(example(), { coreId: 3, expectedSequence: 41n, epoch: 8n });
  t.is(records.length, 3);
  t.deepEqual(findings, []);
  t.is(tail, 'clean');
});

test('the sizes, limits and fields are those of the page', (t) => {
  const says = (text: string): void => {
    t.true(page.includes(text), text);
  };
  says(`length of the data: ${RECORD_LENGTH_MIN} to ${RECORD_LENGTH_MAX.toLocaleString('en-US')} (256 MiB)`);
  says(`| Put, key of *k* bytes, value of *v* | ${RECORD_BYTES_MIN} + roundup8(k + v) |`);
  says(
    `epoch at ${ROOT.epoch},\nsequence at ${ROOT.sequence}, core at ${ROOT.coreId}, lag mark at ${ROOT.lagMark}`,
  );
  says(`lag at ${ROOT.lag}, timestamp at ${ROOT.timestampNs}, tag at ${ROOT.tag}`);
  const fileSystem = new SimulatedFileSystem();
  const writer = CoreWalWriter.create(0, PATH, { fileSystem });
  writer.appendPut(new Uint8Array(14), new Uint8Array(100));
  t.is(writer.position, 192);
  says('a Put of a 14-byte key and a 100-byte value takes 192');
  writer.close();
});
