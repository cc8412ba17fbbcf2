import { StateDirectory } from '../../../src/engine/directory/state-directory.js';
import { isStatelogError } from '../../../src/engine/errors.js';
import { SimulatedDisk, SimulatedFileSystem } from '../../simulated-disk/index.js';
import {
  contentOf,
  DirectoryRecorder,
  emptyStoreDisk,
  newDirectoryBook,
  refuseChanges,
} from '../crash/directory-book.js';
import { STORE, type Content } from '../crash/directory-book.js';
import type { Change, Subject } from './subject.js';

const LOG = 'wal/2/wal-0.log';
const FILES = ['MANIFEST.json', 'checkpoints/1/state-0.db', 'checkpoints/1/state-0.idx', LOG];
const CHANGES = 8;

/** The content as a text that is the same for the same content. */
function print(content: Content): string {
  return [...content].map(([key, value]) => `${key}=${value};`).join('');
}

/** A store with a checkpoint, and changes since that were each acknowledged; the contents after each. */
async function makeStore(): Promise<{ disk: SimulatedDisk; prints: string[] }> {
  const disk = emptyStoreDisk(new SimulatedDisk(), 1);
  const book = newDirectoryBook(1);
  const recorder = new DirectoryRecorder(new SimulatedFileSystem({ disk }), book);
  await recorder.open();
  for (let key = 0; key < 12; key++) recorder.put(`key ${key}`, 'x'.repeat(7 * key));
  await recorder.checkpoint();
  const before = book.states.length - 1;
  for (let change = 0; change < CHANGES; change++) {
    if (change % 3 === 2) recorder.delete(`key ${change}`);
    else recorder.put(`key ${change}`, `changed ${change}`);
    await recorder.sync();
  }
  recorder.close();
  const sorted = (content: Content): Content => new Map([...content].sort(([a], [b]) => (a < b ? -1 : 1)));
  return { disk, prints: book.states.slice(before).map((content) => print(sorted(content))) };
}

/** What a reader finds, who must change nothing (R4), and whether it says that the log's end is torn. */
function read(files: ReadonlyMap<string, Uint8Array>): { print: string; isTold: boolean } | undefined {
  const disk = new SimulatedDisk();
  for (const [name, bytes] of files) disk.lendFile(`${STORE}/${name}`, bytes);
  const fileSystem = new SimulatedFileSystem({ disk, plan: refuseChanges });
  try {
    const store = StateDirectory.openReadOnly(STORE, { fileSystem });
    try {
      return { print: print(contentOf(store)), isTold: store.notices.length > 0 };
    } finally {
      store.close();
    }
  } catch (error) {
    if (isStatelogError(error)) return undefined;
    throw error;
  } finally {
    if (fileSystem.openPaths.length > 0) throw new Error(`left open: ${fileSystem.openPaths.join(', ')}`);
  }
}

/**
 * A state directory of which one file is changed: refused, or it says what it said. Of a log that is cut it may
 * say what it said before; of one with a flipped bit only its last change may be taken for unfinished.
 */
export async function directorySubjects(): Promise<Subject[]> {
  const { disk, prints } = await makeStore();
  const files = new Map(FILES.map((name) => [name, disk.fileBytes(`${STORE}/${name}`)]));
  const last = prints.length - 1;
  const check = (name: string, changed: Uint8Array, change: Change): void => {
    const seen = read(new Map(files).set(name, changed));
    if (seen === undefined || seen.print === prints[last]) return;
    const at = prints.indexOf(seen.print);
    if (at < 0) throw new Error('R2: a content that the store never had');
    if (name !== LOG) throw new Error(`R3: the changes after number ${at} are gone`);
    if (change.kind === 'cut') return;
    if (at < last - 1) throw new Error(`R3: a flipped bit loses the changes after number ${at}`);
    if (!seen.isTold) throw new Error('R5: a change is lost without a word');
  };
  return [...files].map(([name, bytes]) => ({
    name: `a state directory, ${name}`,
    bytes,
    check: (changed, change) => check(name, changed, change),
  }));
}
