import { applyMend } from '../../../src/engine/bytes/record-mend.js';
import type { TortureRow, TortureTask } from '../row.js';
import { outcomeOf, recordPlaces, type RecordPlace } from './record-places.js';

/** More of them say nothing new. */
const VIOLATIONS_MAX = 20;
/** Every so many bits: all of them take half an hour. */
const STEPS = { part: 499, usual: 11, long: 1 } as const;
const BITS_A_BYTE = 8;

/** Every bit of every record of every log of the fixtures, turned: with mending the record is back, or listed, and never another. */
export const singleBitRotRow: TortureRow = {
  id: 'single-bit-rot',
  title: 'single bits of records turned, mended',
  figures: { part: 'all', usual: 'all', long: 'all' },
  shardsMax: 2,
  run: (task) => {
    const step = STEPS[task.scale] * task.shards;
    const counts = { back: 0, listed: 0, wrong: 0 };
    let bit = task.shard;
    for (const place of recordPlaces()) {
      for (; bit < place.length * BITS_A_BYTE; bit += step) {
        const outcome = outcomeOf(place, turned(place, [bit]));
        counts[outcome] += 1;
        task.count += 1;
        if (outcome === 'wrong') tell(task, place, `bit ${bit} was mended into another record`);
      }
      bit -= place.length * BITS_A_BYTE;
    }
    task.notes.push(`single bits: ${counts.back} records back, ${counts.listed} listed`);
    if (counts.back < task.count * 0.99) task.report('all', `only ${counts.back} of ${task.count} were back`);
  },
};

/** Two bits of a record turned at random: none is mended into a record that it was not. */
export const doubleBitsRow: TortureRow = {
  id: 'double-bits',
  title: 'double bits of records, none mended wrongly',
  figures: { part: 20_000, usual: 10_000_000, long: 100_000_000 },
  shardsMax: 2,
  run: (task) => {
    const { random } = task;
    const places = recordPlaces();
    let mended = 0;
    for (; task.isUnfinished; task.count += 1) {
      const place = places[random.below(places.length)]!;
      const bits = place.length * BITS_A_BYTE;
      const first = random.below(bits);
      const second = (first + 1 + random.below(bits - 1)) % bits;
      const damaged = turned(place, [first, second]);
      const mend = place.mend(damaged);
      if (mend === undefined) continue;
      mended += 1;
      const record = applyMend(damaged.subarray(place.offset), mend);
      const original = place.file.subarray(place.offset, place.offset + place.length);
      if (Buffer.compare(record, original) !== 0) {
        tell(task, place, `bits ${first} and ${second} were mended into another record (${mend.kind})`);
      }
    }
    task.notes.push(
      `double bits: ${mended} of ${task.count} lay within one byte, or one length, and were mended`,
    );
  },
};

/** A copy of a place's file with some bits of its record turned. */
function turned({ file, offset }: RecordPlace, bits: readonly number[]): Uint8Array {
  const damaged = file.slice();
  for (const bit of bits) damaged[offset + Math.floor(bit / BITS_A_BYTE)]! ^= 1 << (bit % BITS_A_BYTE);
  return damaged;
}

function tell(task: TortureTask, { name }: RecordPlace, message: string): void {
  if (task.violations.length < VIOLATIONS_MAX) task.report(name, message);
}
