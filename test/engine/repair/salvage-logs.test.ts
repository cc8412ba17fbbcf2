import { readFileSync } from 'node:fs';
import test from 'ava';
import type { WalOperation } from '../../../src/engine/rkyv/entry/wal-entry-format.js';
import { isStatelogError } from '../../../src/engine/errors.js';
import { repairPath } from '../../../src/engine/repair/repair-path.js';
import type { FileSystem } from '../../../src/engine/storage-io/interface/file-system.js';
import { SimulatedDisk, SimulatedFileSystem } from '../../simulated-disk/index.js';
import { entryOf, recordOf } from '../wal/segment-builder.js';
import { fixturePath } from '../../support/fixtures.js';

const NEW = '/new/repaired';

function diskWith(source: string, fixture: string): SimulatedFileSystem {
  const disk = new SimulatedDisk();
  disk.plantFile(source, new Uint8Array(readFileSync(fixturePath(fixture))));
  disk.plantFile('/new/neighbour', Uint8Array.of(1));
  return new SimulatedFileSystem({ disk });
}

/** The same disk, on which a bit turns in one of the larger writes. */
function withTurnedBit(fileSystem: SimulatedFileSystem): FileSystem {
  const write: FileSystem['write'] = (descriptor, from, offset, length, position) => {
    const bytes = from.slice(offset, offset + length);
    if (length > 1000) bytes[500]! ^= 1;
    return fileSystem.write(descriptor, bytes, 0, length, position);
  };
  return new Proxy(fileSystem, {
    get: (target, name) => {
      if (name === 'write') return write;
      const member: unknown = Reflect.get(target, name, target);
      return typeof member === 'function' ? (member.bind(target) as unknown) : member;
    },
  });
}

for (const [source, fixture] of [
  ['/source/wal-0.log', 'wal-cores/wal-0.log'],
  ['/source/a.snap', 'fold-log.snap'],
] as const) {
  test(`what was written is read again, and what does not read back is not put in place: ${fixture}`, async (t) => {
    const fileSystem = diskWith(source, fixture);
    const steps = repairPath({ fileSystem: withTurnedBit(fileSystem), path: source, into: NEW });
    const error: unknown = await t.throwsAsync(async () => {
      for (let step = await steps.next(); step.done !== true; step = await steps.next());
    });
    t.true(isStatelogError(error, 'IO_FAILED'));
    t.is(fileSystem.status(NEW), undefined);
    t.deepEqual(fileSystem.readDirectory('/new'), ['neighbour']);
  });
}

test('a repair that nobody goes on with leaves nothing behind', async (t) => {
  const fileSystem = diskWith('/source/a.snap', 'fold-log.snap');
  const descriptor = fileSystem.openReadWrite('/source/a.snap');
  fileSystem.write(descriptor, Uint8Array.of(0xff), 0, 1, 12_000);
  fileSystem.close(descriptor);
  const steps = repairPath({ fileSystem, path: '/source/a.snap', into: NEW });
  const first = await steps.next();
  t.false(first.done);
  await steps.return(undefined as never);
  t.deepEqual(fileSystem.readDirectory('/new'), ['neighbour']);
  t.deepEqual(fileSystem.openPaths, []);
});

test('a fold log of another version, in which no record is one of ours, is not repaired into an empty one', async (t) => {
  const fileSystem = diskWith('/source/a.snap', 'fold-compact.snap');
  const descriptor = fileSystem.openReadWrite('/source/a.snap');
  // The version, and a byte of the first record.
  fileSystem.write(descriptor, Uint8Array.of(3, 0, 0), 0, 3, 4);
  fileSystem.close(descriptor);
  for (const into of [NEW, undefined]) {
    const steps = repairPath({ fileSystem, path: '/source/a.snap', into });
    const error: unknown = await t.throwsAsync(async () => {
      for (let step = await steps.next(); step.done !== true; step = await steps.next());
    });
    t.true(isStatelogError(error, 'UNSUPPORTED_VERSION'));
    t.deepEqual(fileSystem.readDirectory('/new'), ['neighbour']);
    t.deepEqual(fileSystem.openPaths, []);
  }
});

test('of a key that two cores wrote, the later change says whether it is one of those kept, whichever core is read last', async (t) => {
  const disk = new SimulatedDisk();
  const record = (coreId: number, timestampNs: bigint, operation: WalOperation): Uint8Array =>
    recordOf(entryOf({ coreId, sequence: 0n, timestampNs, operation }));
  const key = Buffer.from('both');
  disk.plantFile('/source/wal-0.log', record(0, 2n, { op: 'put', key, value: Buffer.from('v') }));
  disk.plantFile('/source/wal-1.log', record(1, 1n, { op: 'delete', key }));
  disk.plantFile('/new/neighbour', Uint8Array.of(1));
  const fileSystem = new SimulatedFileSystem({ disk });
  for (const dryRun of [true, false]) {
    const steps = repairPath({ fileSystem, path: '/source', into: NEW, dryRun });
    let step = await steps.next();
    while (step.done !== true) step = await steps.next();
    t.is(step.value.kept.keys, 1);
  }
});
