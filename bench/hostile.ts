import { closeSync, openSync, statSync, writeFileSync, writeSync } from 'node:fs';
import { verifyPath } from '../src/engine/inspect/verify/verify-path.js';
import { MmapStateStore } from '../src/engine/state/store/mmap-state-store.js';
import { realFileSystem } from '../src/engine/storage-io/real/real-file-system.js';
import { CROWDED_SEGMENTS } from '../test/engine/wal/crowded-segments.js';
import { HOSTILE_BYTES } from '../test/engine/hostile-bytes.js';
import { HOSTILE_LOGS } from '../test/engine/fold/hostile-logs.js';
import { HOSTILE_SEGMENTS } from '../test/engine/wal/hostile-segments.js';
import { sequentialKeys, VALUE } from './frame/data.js';
import type { BenchTask, BenchTopic } from './frame/task.js';
import { milliseconds } from './frame/timing.js';

/** As the command line has it. */
const TOLD_MAX = 1000;
const PAGE_BYTES = 4096;
/**
 * Enough to tell what grows with a file, of so many files. What a reader may spend on any file, however short, weighs more than in a
 * longer one: the figures are rather too low.
 */
const MEGABYTES_MAX = 16;
const ROUNDS_MAX = 2;

type Makers = Readonly<Record<string, (size: number) => Uint8Array>>;

/** Files of each kind that `verify` finds hard to read, by the names of what is in them. */
const HOSTILE_FILES: readonly (readonly [kind: string, file: string, makers: Makers])[] = [
  ['segment', 'wal-0.log', { ...HOSTILE_SEGMENTS, ...CROWDED_SEGMENTS, ...HOSTILE_BYTES }],
  ['fold log', 'fold.snap', HOSTILE_LOGS],
];

/** `verify` of files that are made to be slow, and of such that are bad all over. */
export const hostileTopic: BenchTopic = {
  id: 'hostile',
  title: 'verify, whatever the bytes',
  async run(task) {
    const size = Math.min(task.scale.fileMegabytes, MEGABYTES_MAX) * 1e6;
    for (const [kind, file, makers] of HOSTILE_FILES) {
      for (const [name, make] of Object.entries(makers)) {
        const path = task.fresh('hostile', file);
        writeFileSync(path, make(size));
        await measure(task, figureOf(kind, name), `${kind}: ${name}`, path);
      }
    }
    const path = task.fresh('state', 'state-0.db');
    makeStateFile(path, Math.ceil(size / 2 / VALUE.length));
    spoilPages(path, 2 * PAGE_BYTES);
    await measure(task, 'state-values', 'state file: each second page of values is bad', path);
    spoilPages(`${path.slice(0, -'.db'.length)}.idx`, 2 * PAGE_BYTES);
    await measure(task, 'state-index', 'state file: and each second page of the index', path);
  },
};

/** The figures of the topic that are goals. */
export const HOSTILE_FIGURES: readonly (readonly [part: string, figure: string])[] = [
  ...HOSTILE_FILES.flatMap(([kind, , makers]) =>
    Object.keys(makers).map((name) => [`${kind}: ${name}`, figureOf(kind, name)] as const),
  ),
  ['state file: bad pages of values', 'state-values'],
  ['state file: bad pages of the index', 'state-index'],
];

function figureOf(kind: string, name: string): string {
  return `${kind} ${name}`.replaceAll(/[^a-z0-9]+/g, '-');
}

async function measure(task: BenchTask, id: string, title: string, path: string): Promise<void> {
  const { size } = statSync(path);
  const rounds = Math.min(task.scale.rounds, ROUNDS_MAX);
  await task.measure(
    { id, title, unit: 'MB/s' },
    () =>
      size /
      1000 /
      milliseconds(() => {
        verifyAll(path);
      }),
    rounds,
  );
}

/** Reads a path to its end, or to where it is found to be none of ours. */
function verifyAll(path: string): void {
  const findings = verifyPath(realFileSystem(), path, { quick: false, toldMax: TOLD_MAX });
  try {
    while (findings.next().done !== true);
  } catch {
    // Not ours to read: that was found out soon.
  }
}

function makeStateFile(path: string, count: number): void {
  const store = MmapStateStore.persistent(path, 1 << 20);
  for (const key of sequentialKeys(count)) store.put(key, VALUE);
  store.flush();
  store.saveIndex();
  store.close();
}

function spoilPages(path: string, step: number): void {
  const { size } = statSync(path);
  const descriptor = openSync(path, 'r+');
  for (let at = PAGE_BYTES; at < size - PAGE_BYTES; at += step)
    writeSync(descriptor, Uint8Array.of(0xa5), 0, 1, at);
  closeSync(descriptor);
}
