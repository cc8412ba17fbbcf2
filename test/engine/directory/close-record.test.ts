import test from 'ava';
import fc from 'fast-check';
import { StateDirectory } from '../../../src/engine/directory/state-directory.js';
import { decodeCloseRecord, encodeCloseRecord } from '../../../src/engine/directory/manifest/close-record.js';
import {
  crashAt,
  powerLossImages,
  SimulatedCrash,
  SimulatedDisk,
  SimulatedFileSystem,
  type SimulatedOperation,
} from '../../simulated-disk/index.js';
import { CLOSED, emptyStoreDisk, STORE } from '../../torture/crash/directory-book.js';

/*
 * A clean close leaves a record of where all ended and of which files were on disk. Where it agrees with what is there,
 * opening syncs nothing; what it says is on disk must then be on disk.
 */

const SYNCS = ['fsync', 'fdatasync', 'fsyncFolder'];
const bytes = (value: string): Uint8Array => new Uint8Array(Buffer.from(value));
const text = (value: Uint8Array | undefined): string | undefined =>
  value === undefined ? undefined : Buffer.from(value).toString();

async function putAndClose(fileSystem: SimulatedFileSystem, key: string, value: string): Promise<void> {
  const store = await StateDirectory.open(STORE, { fileSystem });
  store.put(bytes(key), bytes(value));
  await store.sync();
  store.close();
}

function syncsOf(log: readonly SimulatedOperation[]): string[] {
  return log.filter(({ name }) => SYNCS.includes(name)).map(({ name, path }) => `${name} ${path}`);
}

async function syncsOfPut(disk: SimulatedDisk): Promise<string[]> {
  const fileSystem = new SimulatedFileSystem({ disk, log: true });
  await putAndClose(fileSystem, 'another', 'value');
  return syncsOf(fileSystem.log);
}

async function closedStore(cores = 1): Promise<SimulatedDisk> {
  const disk = emptyStoreDisk(new SimulatedDisk(), cores);
  await putAndClose(new SimulatedFileSystem({ disk }), 'key', 'value');
  return disk;
}

/** Puts a copy in a file's place, as `cp` and `mv` do, and syncs nothing. */
function replaceByCopy(disk: SimulatedDisk, path: string): void {
  const fileSystem = new SimulatedFileSystem({ disk });
  const content = disk.fileBytes(path);
  const descriptor = fileSystem.createExclusive(`${path}-copy`);
  fileSystem.write(descriptor, content, 0, content.length, 0);
  fileSystem.close(descriptor);
  fileSystem.rename(`${path}-copy`, path);
}

/** Moves a folder away and back again: it is the same one, of whose name nothing is on disk. */
function moveAndBack(disk: SimulatedDisk, path: string): void {
  const fileSystem = new SimulatedFileSystem({ disk });
  fileSystem.rename(path, `${path}-away`);
  fileSystem.syncDirectory(STORE);
  fileSystem.rename(`${path}-away`, path);
}

/** Writes a file's bytes once more, as an editor or a restore does, and syncs nothing. */
function writeAgain(disk: SimulatedDisk, path: string): void {
  const fileSystem = new SimulatedFileSystem({ disk });
  if (fileSystem.status(path) === undefined) return;
  const content = disk.fileBytes(path);
  const descriptor = fileSystem.openReadWrite(path);
  fileSystem.truncate(descriptor, 0);
  fileSystem.write(descriptor, content, 0, content.length, 0);
  fileSystem.close(descriptor);
}

const OTHER_HANDS: Readonly<Record<string, (disk: SimulatedDisk) => void>> = {
  'a copy of the manifest': (disk) => {
    replaceByCopy(disk, `${STORE}/MANIFEST.json`);
  },
  'a copy of the log': (disk) => {
    replaceByCopy(disk, `${STORE}/wal/1/wal-0.log`);
  },
  'the folder of the log, moved and put back': (disk) => {
    moveAndBack(disk, `${STORE}/wal`);
  },
  'the manifest, written again in place': (disk) => {
    writeAgain(disk, `${STORE}/MANIFEST.json`);
  },
  'the log, written again in place': (disk) => {
    for (const core of [0, 1]) writeAgain(disk, `${STORE}/wal/1/wal-${core}.log`);
  },
};

test('a put into a store that was closed cleanly makes one sync, of its record, and behind an empty log two', async (t) => {
  const disk = await closedStore();
  t.deepEqual(await syncsOfPut(disk), [`fdatasync ${STORE}/wal/1/wal-0.log`]);
  const several = await closedStore(3);
  const first = await syncsOfPut(several);
  t.is(first.length, 2, first.join());
  t.is(first[0], `fsync ${STORE}/LOCK`);
  t.is((await syncsOfPut(several)).length, 1);
});

test('and so does one after a checkpoint, once the store was closed behind it', async (t) => {
  const disk = await closedStore();
  const fileSystem = new SimulatedFileSystem({ disk });
  const store = await StateDirectory.open(STORE, { fileSystem });
  await store.checkpoint();
  store.close();
  t.is((await syncsOfPut(disk)).length, 2);
  t.is((await syncsOfPut(disk)).length, 1);
});

test('what was put in a place of the store by others is synced before anything is acknowledged in it', async (t) => {
  const keys = ['a', 'b', 'c', 'd'];
  for (const [what, change] of Object.entries(OTHER_HANDS)) {
    const disk = await closedStore(2);
    for (const key of keys) await putAndClose(new SimulatedFileSystem({ disk }), key, key);
    change(disk);
    await putAndClose(new SimulatedFileSystem({ disk }), 'another', 'another');
    let images = 0;
    for (const { fileSystem } of powerLossImages(disk)) {
      images += 1;
      const reader = StateDirectory.openReadOnly(STORE, { fileSystem });
      for (const key of [...keys, 'another']) t.is(text(reader.get(bytes(key))), key, what);
      reader.close();
    }
    t.true(images > 0);
  }
});

test('after a writer that died everything is synced, whatever the record says', async (t) => {
  const disk = await closedStore();
  const killed = new SimulatedFileSystem({ disk });
  await StateDirectory.open(STORE, { fileSystem: killed });
  killed.kill();
  const syncs = await syncsOfPut(disk);
  for (const path of ['MANIFEST.json', 'wal', 'wal/1', 'checkpoints']) {
    t.true(
      syncs.some((sync) => sync.endsWith(`${STORE}/${path}`)),
      path,
    );
  }
});

test('no record is left where something was not synced', async (t) => {
  const disk = emptyStoreDisk(new SimulatedDisk(), 1);
  const store = await StateDirectory.open(STORE, { fileSystem: new SimulatedFileSystem({ disk }) });
  for (let put = 0; put < 1100; put += 1) store.put(bytes(`key ${put}`), new Uint8Array(2048));
  store.close();
  t.is(new SimulatedFileSystem({ disk }).status(CLOSED), undefined);
});

test('a store that is closed with changes that were written and not synced is recovered as after a death', async (t) => {
  const disk = emptyStoreDisk(new SimulatedDisk({ pageBytes: 512 * 1024 }), 1);
  const store = await StateDirectory.open(STORE, { fileSystem: new SimulatedFileSystem({ disk }) });
  store.put(bytes('first'), bytes('acknowledged'));
  await store.sync();
  for (let put = 0; put < 1100; put += 1) store.put(bytes(`key ${put}`), new Uint8Array(2048));
  store.close();
  let images = 0;
  for (const { fileSystem } of powerLossImages(disk, { imagesMax: 24 })) {
    images += 1;
    const opened = await StateDirectory.open(STORE, { fileSystem, lossBytesMax: Infinity });
    t.is(text(opened.get(bytes('first'))), 'acknowledged');
    opened.close();
  }
  t.true(images > 0);
});

test('a record that is not whole is none: each byte of it counts, and so does its end', (t) => {
  const record = {
    storeId: 'ab'.repeat(16),
    epoch: 7n,
    segments: [{ end: 240, records: 3, nextSequence: 9n, identity: '1:2', changedNs: 12n }],
    foundation: ['1:2@3', '1:4@5'],
  };
  const encoded = encodeCloseRecord(record);
  t.deepEqual(decodeCloseRecord(encoded), record);
  for (let at = 0; at < encoded.length; at += 1) {
    const damaged = encoded.slice();
    damaged[at]! ^= 1 << (at % 8);
    t.is(decodeCloseRecord(damaged), undefined, `byte ${at}`);
    t.is(decodeCloseRecord(encoded.subarray(0, at)), undefined, `cut at ${at}`);
  }
  t.is(decodeCloseRecord(Uint8Array.of(...encoded, 0)), undefined);
});

type Step =
  | { readonly kind: 'put' | 'checkpoint' | 'die'; readonly at: number }
  | { readonly kind: 'others'; readonly at: number };

/** One life of a writer, or somebody else at work. @returns whether a put of `key` was acknowledged */
async function take(disk: SimulatedDisk, step: Step, key: string): Promise<boolean> {
  if (step.kind === 'others') {
    const changes = Object.values(OTHER_HANDS);
    // What they leave must be a store of this epoch.
    const change = changes[step.at % changes.length]!;
    if (new SimulatedFileSystem({ disk }).status(`${STORE}/wal/1`) !== undefined) change(disk);
    return false;
  }
  const plan = step.kind === 'die' ? crashAt(step.at) : undefined;
  const fileSystem = new SimulatedFileSystem({ disk, plan });
  let isAcknowledged = false;
  try {
    const store = await StateDirectory.open(STORE, { fileSystem });
    store.put(bytes(key), bytes(key));
    await store.sync();
    isAcknowledged = true;
    if (step.kind === 'checkpoint') await store.checkpoint();
    store.close();
  } catch (error) {
    if (!(error instanceof SimulatedCrash)) throw error;
  }
  return isAcknowledged;
}

test('whatever the lives of a store were, what its last one acknowledged is there after a power loss', async (t) => {
  const step = fc.oneof(
    { weight: 3, arbitrary: fc.record({ kind: fc.constant('put' as const), at: fc.constant(0) }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('checkpoint' as const), at: fc.constant(0) }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('die' as const), at: fc.nat(60) }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('others' as const), at: fc.nat(3) }) },
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 6 }), async (steps) => {
      const disk = emptyStoreDisk(new SimulatedDisk(), 1);
      const acknowledged: string[] = [];
      for (const [number, one] of [...steps, { kind: 'put', at: 0 } as const].entries()) {
        if (await take(disk, one, `key ${number}`)) acknowledged.push(`key ${number}`);
      }
      for (const { fileSystem } of powerLossImages(disk, { imagesMax: 12 })) {
        const store = await StateDirectory.open(STORE, { fileSystem });
        for (const key of acknowledged) t.is(text(store.get(bytes(key))), key, JSON.stringify(steps));
        store.close();
      }
    }),
    { numRuns: 60 },
  );
});
