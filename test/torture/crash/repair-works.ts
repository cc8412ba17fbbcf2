import { readFileSync } from 'node:fs';
import { equalBytes } from '../../../src/engine/bytes/compare.js';
import { openReadable } from '../../../src/engine/inspect/open.js';
import { verifyPath } from '../../../src/engine/inspect/verify/verify-path.js';
import { repairPath } from '../../../src/engine/repair/repair-path.js';
import type { FileSystem } from '../../../src/engine/storage-io/interface/file-system.js';
import { SimulatedDisk, SimulatedFileSystem } from '../../simulated-disk/index.js';
import { ownSegment } from '../../engine/wal/segment-builder.js';
import { fixturePath } from '../../support/fixtures.js';
import { ownPair } from '../damage/damaged-pair.js';
import { STORE } from './directory-book.js';
import { usedStore } from './directory-workloads.js';

const NEW = '/new/repaired';
const TORN = Uint8Array.of(0x60, 0, 0, 0, 1, 2, 3);

/** A repair, and what must hold of a disk on which it was cut short. */
export interface RepairWork {
  readonly disk: () => SimulatedDisk;
  readonly run: (fileSystem: FileSystem) => Promise<void>;
  /** @throws Error where a promise is broken */
  readonly check: (disk: SimulatedDisk, isDone: boolean) => void;
}

/** All names, for tests that must be declared before the works are there. */
export const REPAIR_WORKS = [
  'a repair of a segment',
  'a repair of a folder of segments',
  'a repair of a fold log',
  'a repair of a state file',
  'a repair of an artifact',
  'a repair of a state directory',
  'a cut of a segment',
  'a cut of a fold log',
] as const;

/** Each kind, into a new place and, where that mends anything, in its own. */
export async function repairWorks(): Promise<Readonly<Record<(typeof REPAIR_WORKS)[number], RepairWork>>> {
  const segment = flipped(ownSegment({ groups: Array<number>(12).fill(1), delay: 0 }).bytes, 700);
  const fold = flipped(bytesOf('fold-log.snap'), 12_000);
  const { values, index } = ownPair(40);
  const { disk: store } = await usedStore(2);
  return {
    'a repair of a segment': into('/source/wal-0.log', { '/source/wal-0.log': segment }),
    'a repair of a folder of segments': into('/source', {
      '/source/wal-0.log': flipped(bytesOf('wal-cores/wal-0.log'), 700),
      '/source/wal-1.log': flipped(bytesOf('wal-cores/wal-1.log'), 500),
    }),
    'a repair of a fold log': into('/source/a.snap', { '/source/a.snap': fold }),
    'a repair of a state file': into('/source/a.db', {
      '/source/a.db': flipped(values, 100),
      '/source/a.idx': index,
    }),
    'a repair of an artifact': into('/source', {
      '/source/MANIFEST.json': bytesOf('artifact/MANIFEST.json'),
      '/source/data/fold.snap': flipped(bytesOf('artifact/data/fold.snap'), 500),
    }),
    'a repair of a state directory': intoOfStore(store),
    'a cut of a segment': inPlace('/source/wal-0.log', bytesOf('wal-cores/wal-0.log')),
    'a cut of a fold log': inPlace('/source/a.snap', bytesOf('fold-log.snap')),
  };
}

function bytesOf(fixture: string): Uint8Array {
  return new Uint8Array(readFileSync(fixturePath(fixture)));
}

function flipped(bytes: Uint8Array, at: number): Uint8Array {
  const changed = bytes.slice();
  changed[at]! ^= 0x10;
  return changed;
}

/** Repairs a path. @returns whether it told of files that the disk did not give out, of which it takes nothing */
async function repair(fileSystem: FileSystem, path: string, intoPath?: string): Promise<boolean> {
  const steps = repairPath({ fileSystem, path, into: intoPath });
  let isUnreadable = false;
  let step = await steps.next();
  for (; step.done !== true; step = await steps.next())
    isUnreadable ||= 'finding' in step.value && step.value.finding.class === 'unreadable';
  if (isUnreadable && step.value.isWhole) throw new Error('R5: it is called whole, and was not read');
  return isUnreadable;
}

function into(source: string, files: Readonly<Record<string, Uint8Array>>): RepairWork {
  const disk = (): SimulatedDisk => {
    const made = new SimulatedDisk();
    made.plantFile('/new/neighbour', Uint8Array.of(1));
    for (const [path, bytes] of Object.entries(files)) made.plantFile(path, bytes);
    return made;
  };
  return intoFrom(source, files, disk);
}

/** A store with a record of its log hit. */
function intoOfStore(whole: SimulatedDisk): RepairWork {
  const segment = `${STORE}/wal/2/wal-0.log`;
  const spoilt = flipped(whole.fileBytes(segment), 20);
  const disk = (): SimulatedDisk => {
    const copy = whole.clone();
    copy.plantFile('/new/neighbour', Uint8Array.of(1));
    copy.plantFile(`${STORE}-damaged`, spoilt);
    const fileSystem = new SimulatedFileSystem({ disk: copy });
    fileSystem.rename(`${STORE}-damaged`, segment);
    fileSystem.syncDirectory(`${STORE}/wal/2`);
    fileSystem.syncDirectory(STORE.slice(0, STORE.lastIndexOf('/')));
    return copy;
  };
  return intoFrom(STORE, { [segment]: spoilt }, disk);
}

/** What is at the new place is whole, and the same each time that all could be read; the source stays as it is. */
function intoFrom(
  source: string,
  files: Readonly<Record<string, Uint8Array>>,
  disk: () => SimulatedDisk,
): RepairWork {
  let expected: string | undefined;
  let isUnreadable = false;
  return {
    disk,
    run: async (fileSystem) => {
      isUnreadable = false;
      isUnreadable = await repair(fileSystem, source, NEW);
    },
    check: (image, isDone) => {
      for (const [path, bytes] of Object.entries(files)) {
        if (!equalBytes(image.fileBytes(path), bytes)) throw new Error(`R4: ${path} was changed`);
      }
      const fileSystem = new SimulatedFileSystem({ disk: image });
      if (fileSystem.status(NEW) === undefined) {
        if (isDone) throw new Error('R1: the new place is gone');
        return;
      }
      if (isUnreadable) return;
      const content = contentOf(fileSystem, NEW);
      expected ??= content;
      if (content !== expected) throw new Error('R2: the new place holds something else');
    },
  };
}

/** The good records stay, whatever happens; what was cut is in a copy. */
function inPlace(path: string, good: Uint8Array): RepairWork {
  const torn = new Uint8Array(Buffer.concat([good, TORN]));
  return {
    disk: () => {
      const disk = new SimulatedDisk();
      disk.plantFile(path, torn);
      return disk;
    },
    run: async (fileSystem) => {
      await repair(fileSystem, path);
    },
    check: (image, isDone) => {
      const left = image.fileBytes(path);
      if (!equalBytes(left.subarray(0, good.length), good)) throw new Error('R3: good records were cut');
      if (equalBytes(left, torn)) {
        if (isDone) throw new Error('R1: the tail is there again');
        return;
      }
      const fileSystem = new SimulatedFileSystem({ disk: image });
      const folder = path.slice(0, path.lastIndexOf('/'));
      const copies = fileSystem.readDirectory(folder).filter((name) => /\.(at|broken)-\d+/.test(name));
      if (!copies.some((name) => equalBytes(image.fileBytes(`${folder}/${name}`), TORN))) {
        throw new Error('R3: the tail was cut, and there is no copy of it');
      }
    },
  };
}

/** All that something holds, as text; that it is whole is seen to. A segment that lost records may say so. */
function contentOf(fileSystem: FileSystem, path: string): string {
  for (const { severity, class: kind, message } of verifyPath(fileSystem, path, { quick: false })) {
    if (severity !== 'notice' && kind !== 'sequence-gap') throw new Error(`R2: the new place: ${message}`);
  }
  try {
    const store = openReadable(path, { fileSystem });
    const entries = [...store.entries()].map(({ key, value }) => [...key, -1, ...value].join());
    store.close();
    return entries.join(';');
  } catch {
    return 'a segment with a gap';
  }
}
