import { chmodSync, cpSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { StateDirectory } from '../../src/engine/directory/state-directory.js';
import { damaged, noticed, type Damaged, type DamageCase } from './case.js';
import { append, bytesAt, contentOf, cutAt, flip, overwrite, rewrite } from './edits.js';
import { goodDirectory, keyOf, SECRET, recordsOfSegment, valueOf, type PlacedRecord } from './good.js';

/** Where a state file's values start, and how much of them one checksum covers. */
const HEADER_BYTES = 32;
const PAGE_BYTES = 4_096;

interface Directory {
  readonly root: string;
  readonly place: (...names: readonly string[]) => string;
  /** The live log of core 0 and its records. */
  readonly live: string;
  readonly records: readonly PlacedRecord[];
}

function directoryCase(
  name: string,
  damageClass: DamageCase['class'],
  damage: (directory: Directory) => Damaged | Promise<Damaged>,
): DamageCase {
  const make = async (folder: string): Promise<Damaged> => {
    const root = path.join(folder, 'orders');
    await goodDirectory(root);
    const place = (...names: readonly string[]): string => path.join(root, ...names);
    const live = place('wal', '3', 'wal-0.log');
    return damage({ root, place, live, records: recordsOfSegment(live) });
  };
  return { name, class: damageClass, make };
}

/** One damaged place in a file of the directory. */
function damagedIn(
  root: string,
  file: string,
  damageClass: DamageCase['class'],
  place: { readonly offset: number; readonly bytes?: number },
): Damaged {
  return damaged(root, damageClass, { ...place, file });
}

/** What can be wrong with the logs of a state directory, and with how its files stand together. */
const LOG_FILES: readonly DamageCase[] = [
  directoryCase('directory-whose-writer-is-at-work', 'in-flight', async ({ root, live, records }) => {
    const store = await StateDirectory.open(root);
    const last = records.at(-1)!;
    append(live, bytesAt(live, last.offset, 100));
    const release = (): void => {
      cutAt(live, last.offset + last.bytes);
      store.close();
    };
    const place = { file: live, offset: last.offset + last.bytes, bytes: 100 };
    return { ...noticed(root, 'in-flight', place), release };
  }),
  directoryCase('directory-with-a-flipped-bit-in-its-log', 'checksum-mismatch', ({ root, live, records }) => {
    flip(live, records[4]!.offset + 50);
    return damagedIn(root, live, 'checksum-mismatch', records[4]!);
  }),
  directoryCase('directory-whose-log-lost-its-first-record', 'sequence-gap', ({ root, live, records }) => {
    const [first, second] = records;
    rewrite(live, (bytes) => bytes.subarray(second!.offset));
    return damagedIn(root, live, 'sequence-gap', { offset: first!.offset, bytes: 0 });
  }),
  directoryCase('directory-with-another-cores-log', 'wrong-core', ({ root, place, live }) => {
    cpSync(place('wal', '3', 'wal-1.log'), live);
    const [first] = recordsOfSegment(live);
    const end = recordsOfSegment(live).at(-1)!;
    return damagedIn(root, live, 'wrong-core', { offset: first!.offset, bytes: end.offset + end.bytes });
  }),
  directoryCase('directory-with-another-epochs-log', 'misplaced-epoch', ({ root, place, live }) => {
    cpSync(place('wal', '2', 'wal-0.log'), live);
    const end = recordsOfSegment(live).at(-1)!;
    return damagedIn(root, live, 'misplaced-epoch', { offset: 0, bytes: end.offset + end.bytes });
  }),
  directoryCase('directory-with-an-older-manifest', 'misplaced-epoch', async ({ root, place }) => {
    const manifest = place('MANIFEST.json');
    const old = contentOf(manifest);
    const store = await StateDirectory.open(root);
    await store.checkpoint({ keep: 9 });
    store.put(keyOf(1), valueOf(1));
    await store.sync();
    store.close();
    writeFileSync(manifest, old);
    return {
      path: root,
      exitCode: 3,
      findings: [
        { severity: 'notice', class: 'leftover', file: place('checkpoints', '3'), offset: 0 },
        { severity: 'damage', class: 'misplaced-epoch', file: place('wal', '4'), offset: 0 },
      ],
    };
  }),
  directoryCase('directory-whose-closed-log-lost-its-end', 'missing-barrier', ({ root, place }) => {
    const closed = place('wal', '2', 'wal-0.log');
    const barrier = recordsOfSegment(closed).at(-1)!;
    cutAt(closed, barrier.offset);
    return damagedIn(root, closed, 'missing-barrier', { offset: barrier.offset, bytes: 0 });
  }),
  directoryCase('directory-whose-closed-log-is-cut-in-its-barrier', 'missing-barrier', ({ root, place }) => {
    const file = place('wal', '2', 'wal-0.log');
    const { offset } = recordsOfSegment(file).at(-1)!;
    cutAt(file, offset + 30);
    return {
      path: root,
      exitCode: 3,
      findings: [
        { severity: 'damage', class: 'bad-length', file, offset, bytes: 30 },
        { severity: 'damage', class: 'missing-barrier', file, offset },
      ],
    };
  }),
  directoryCase('directory-without-a-segment', 'missing-segment', ({ root, live }) => {
    rmSync(live);
    return damagedIn(root, live, 'missing-segment', { offset: 0 });
  }),
];

/** What can be wrong with the checkpoints of a state directory. */
const CHECKPOINT_FILES: readonly DamageCase[] = [
  directoryCase('directory-with-a-flipped-bit-in-an-index', 'index-mismatch', ({ root, place }) => {
    const index = place('checkpoints', '2', 'state-1.idx');
    flip(index, contentOf(index).length - 10);
    return damagedIn(root, index, 'index-mismatch', { offset: mapStartOf(index) });
  }),
  directoryCase('directory-with-another-checkpoints-index', 'index-mismatch', ({ root, place }) => {
    const index = place('checkpoints', '2', 'state-0.idx');
    cpSync(place('checkpoints', '1', 'state-0.idx'), index);
    return damagedIn(root, index, 'index-mismatch', { offset: 0 });
  }),
  directoryCase('directory-with-a-flipped-bit-in-a-value', 'value-mismatch', ({ root, place }) => {
    const values = place('checkpoints', '2', 'state-0.db');
    // Of the newest checkpoint alone: the older one owns what lies before.
    const at = contentOf(values).lastIndexOf(Buffer.from(`${SECRET}-2-`));
    const page = Math.floor((at - HEADER_BYTES) / PAGE_BYTES);
    flip(values, at);
    return damagedIn(root, values, 'value-mismatch', { offset: HEADER_BYTES + page * PAGE_BYTES });
  }),
  directoryCase('directory-with-a-damaged-state-file-header', 'bad-header', ({ root, place }) => {
    const values = place('checkpoints', '2', 'state-0.db');
    rewriteAlone(values, (bytes) => {
      bytes[0]! ^= 0x10;
      return bytes;
    });
    return damagedIn(root, values, 'bad-header', { offset: 0 });
  }),
  directoryCase('directory-with-another-state-file-version', 'bad-version', ({ root, place }) => {
    const values = place('checkpoints', '2', 'state-0.db');
    rewriteAlone(values, (bytes) => {
      bytes[8] = 9;
      return bytes;
    });
    return damagedIn(root, values, 'bad-version', { offset: 8 });
  }),
  directoryCase('directory-with-a-state-file-cut-short', 'bad-length', ({ root, place }) => {
    const values = place('checkpoints', '2', 'state-0.db');
    rewriteAlone(values, (bytes) => bytes.subarray(0, 10_000));
    return damagedIn(root, values, 'bad-length', { offset: 10_000 });
  }),
  directoryCase('directory-with-a-damaged-manifest', 'bad-header', ({ root, place }) => {
    const manifest = place('MANIFEST.json');
    overwrite(manifest, contentOf(manifest).indexOf(Buffer.from('"keep": 2')) + 8, Buffer.from('3'));
    return damagedIn(root, manifest, 'bad-header', { offset: 0 });
  }),
  directoryCase('directory-without-a-manifest', 'missing-file', ({ root, place }) => {
    rmSync(place('MANIFEST.json'));
    return damagedIn(root, place('MANIFEST.json'), 'missing-file', { offset: 0 });
  }),
  directoryCase('directory-without-a-state-file', 'missing-file', ({ root, place }) => {
    rmSync(place('checkpoints', '2', 'state-0.db'));
    return damagedIn(root, place('checkpoints', '2', 'state-0.db'), 'missing-file', { offset: 0 });
  }),
  directoryCase('directory-without-an-index', 'missing-file', ({ root, place }) => {
    rmSync(place('checkpoints', '2', 'state-1.idx'));
    return damagedIn(root, place('checkpoints', '2', 'state-1.idx'), 'missing-file', { offset: 0 });
  }),
  directoryCase('directory-with-a-leftover', 'leftover', ({ root, place }) => {
    mkdirSync(place('checkpoints', '9'));
    writeFileSync(place('checkpoints', '9', 'state-0.db'), 'begun and not finished');
    return noticed(root, 'leftover', { file: place('checkpoints', '9'), offset: 0 });
  }),
  directoryCase('directory-that-all-may-write-to', 'open-to-all', ({ root }) => {
    chmodSync(root, 0o777);
    return noticed(root, 'open-to-all', { file: root, offset: 0 });
  }),
  directoryCase(
    'directory-with-a-copy-of-what-was-cut',
    'broken-copy',
    async ({ root, place, live, records }) => {
      append(live, bytesAt(live, records[0]!.offset, 60));
      const store = await StateDirectory.open(root);
      const [cut] = store.recovery!.cut;
      store.close();
      return noticed(root, 'broken-copy', {
        file: place('broken', path.basename(cut!.copy)),
        offset: 0,
        bytes: 60,
      });
    },
  ),
];

/** What can be wrong with a state directory. */
export const DIRECTORY_CASES: readonly DamageCase[] = [...LOG_FILES, ...CHECKPOINT_FILES];

/** Changes one name of a file that two checkpoints share. */
function rewriteAlone(file: string, change: (bytes: Buffer) => Uint8Array): void {
  cpSync(file, `${file}.copy`);
  rewrite(`${file}.copy`, change);
  renameSync(`${file}.copy`, file);
}

/** Where an index's map starts: behind the header and the block. */
function mapStartOf(index: string): number {
  return HEADER_BYTES + Buffer.from(bytesAt(index, 12, 4)).readUInt32LE(0);
}
