import type { TortureRow, TortureTask } from '../row.js';
import { directorySubjects } from './directory-subjects.js';
import { logSubjects } from './log-subjects.js';
import { stateSubjects } from './state-subjects.js';
import { describeChange, type Change, type Subject } from './subject.js';

/** Every bit so far, one bit of every byte above. */
const ALL_BITS_BYTES = 16 * 1024;
/** More of them say nothing new. */
const VIOLATIONS_MAX = 20;
/** In `npm test`, every so many. */
const PART_STEP = 401;

/** Every length that a file may be cut to. */
export const truncationsRow: TortureRow = {
  id: 'truncations',
  title: 'truncations',
  figures: { part: 'all', usual: 'all', long: 'all' },
  shardsMax: 2,
  run: async (task) => {
    const step = task.scale === 'part' ? PART_STEP : 1;
    for (const subject of await subjects()) {
      const { bytes } = subject;
      for (let length = task.shard; length < bytes.length; length += step * task.shards) {
        look(task, subject, bytes.subarray(0, length), { kind: 'cut', length });
      }
    }
  },
};

/** Every bit that may be flipped; in the long run also pairs of them far apart, until the figure is reached. */
export const bitFlipsRow: TortureRow = {
  id: 'bit-flips',
  title: 'bit flips',
  figures: { part: 'all', usual: 'all', long: 100_000_000 },
  shardsMax: 2,
  run: async (task) => {
    const all = await subjects();
    for (const subject of all) flipEach(task, subject);
    while (task.scale === 'long' && task.isUnfinished) {
      const subject = all[task.random.below(all.length)]!;
      flip(
        task,
        subject,
        subject.bytes.slice(),
        task.random.below(subject.bytes.length),
        task.random.below(8),
      );
    }
  },
};

async function subjects(): Promise<Subject[]> {
  return [...logSubjects(), ...stateSubjects(), ...(await directorySubjects())].filter(
    ({ bytes }) => bytes.length > 0,
  );
}

function flipEach(task: TortureTask, subject: Subject): void {
  const changed = subject.bytes.slice();
  const step = task.scale === 'part' ? PART_STEP : 1;
  for (let byte = task.shard; byte < changed.length; byte += step * task.shards) {
    if (byte >= ALL_BITS_BYTES || task.scale === 'part') {
      flip(task, subject, changed, byte, byte % 8);
    } else {
      for (let bit = 0; bit < 8; bit++) flip(task, subject, changed, byte, bit);
    }
  }
}

function flip(task: TortureTask, subject: Subject, changed: Uint8Array, byte: number, bit: number): void {
  changed[byte]! ^= 1 << bit;
  look(task, subject, changed, { kind: 'flip', byte, bit });
  changed[byte]! ^= 1 << bit;
}

function look(task: TortureTask, subject: Subject, changed: Uint8Array, change: Change): void {
  task.count += 1;
  try {
    subject.check(changed, change);
  } catch (error) {
    if (task.violations.length < VIOLATIONS_MAX)
      task.report(`${subject.name}, ${describeChange(change)}`, error);
  }
}
