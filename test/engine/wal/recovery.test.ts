import test from 'ava';
import { isStatelogError } from '../../../src/engine/errors.js';
import { toUtf8 } from '../../../src/engine/bytes/text/text.js';
import { powerLossImages } from '../../simulated-disk/power-loss/power-loss.js';
import { SimulatedFileSystem } from '../../simulated-disk/simulated-file-system.js';
import { crashAt } from '../../simulated-disk/faults/fault-plan.js';
import { readWholeFile, writeFully } from '../../../src/engine/storage-io/whole/write-fully.js';
import { recoverSegment } from '../../../src/engine/wal/recover/recovery.js';
import { CoreWalWriter } from '../../../src/engine/wal/write/writer.js';
import { joined, records } from './segment-builder.js';

const FOLDER = '/store/wal/8';
const PATH = `${FOLDER}/wal-0.log`;
const BROKEN = '/store/broken';
const SEED = 20_250_101;

/** A disk on which the segment has these bytes, durably. */
function diskWith(bytes: Uint8Array): SimulatedFileSystem {
  const fileSystem = new SimulatedFileSystem();
  for (const folder of ['/store', '/store/wal', FOLDER]) {
    fileSystem.makeDirectory(folder);
    fileSystem.syncDirectory(folder === '/store' ? '/' : folder.slice(0, folder.lastIndexOf('/')));
  }
  const descriptor = fileSystem.createExclusive(PATH);
  writeFully(fileSystem, descriptor, bytes);
  fileSystem.sync(descriptor);
  fileSystem.close(descriptor);
  fileSystem.syncDirectory(FOLDER);
  return fileSystem;
}

function bytesOf(fileSystem: SimulatedFileSystem, path: string): Uint8Array {
  return readWholeFile(fileSystem, path, 2 ** 30);
}

const good = joined(...records(5, 0n, { lag: 0 }));
const tail = toUtf8('what was left of a record');

for (const takeOver of [false, true]) {
  const how = takeOver ? 'taking over' : 'reopening';

  test(`${how}: a good segment is reported with where to go on`, (t) => {
    const fileSystem = diskWith(good);
    const seen: [bigint, number, number][] = [];
    const report = recoverSegment({
      fileSystem,
      path: PATH,
      coreId: 0,
      takeOver,
      expectedNextSequence: 0n,
      epoch: 1n,
      onRecord: (view, offset, bytes) => seen.push([view.sequence, offset, bytes]),
    });
    t.like(report, { records: 5, position: good.length, nextSequence: 5n, lastEpoch: 1n, cut: undefined });
    t.is(report.lastTimestampNs, 1_770_000_000_000_000_004n);
    t.deepEqual(
      seen.map(([sequence]) => sequence),
      [0n, 1n, 2n, 3n, 4n],
    );
    t.deepEqual(bytesOf(fileSystem, PATH), good);
    t.deepEqual(fileSystem.readDirectory(FOLDER), ['wal-0.log']);
  });

  test(`${how}: a torn tail is copied, by segment and offset, and then cut`, (t) => {
    const fileSystem = diskWith(joined(good, tail));
    const options = { fileSystem, path: PATH, coreId: 0, takeOver, copyBrokenTo: BROKEN };
    const report = recoverSegment(options);
    const copy = `${BROKEN}/8-wal-0.log.at-${good.length}`;
    t.deepEqual(report.cut, { class: 'torn-tail', offset: good.length, bytes: tail.length, copy });
    t.deepEqual(bytesOf(fileSystem, PATH), good);
    t.deepEqual(bytesOf(fileSystem, copy), tail);
    t.is(recoverSegment(options).cut, undefined, 'a second time there is nothing to cut');
  });

  test(`${how}: a copy never overwrites another`, (t) => {
    const fileSystem = diskWith(joined(good, tail));
    fileSystem.makeDirectory(BROKEN);
    const first = `${BROKEN}/8-wal-0.log.at-${good.length}`;
    fileSystem.close(fileSystem.createExclusive(first));
    const report = recoverSegment({ fileSystem, path: PATH, coreId: 0, takeOver, copyBrokenTo: BROKEN });
    t.is(report.cut?.copy, `${first}.2`);
    t.is(bytesOf(fileSystem, first).length, 0);
    t.deepEqual(bytesOf(fileSystem, `${first}.2`), tail);
  });

  test(`${how}: zeros after the last record are cut, and their copy is as long`, (t) => {
    const fileSystem = diskWith(joined(good, new Uint8Array(200_000)));
    const report = recoverSegment({ fileSystem, path: PATH, coreId: 0, takeOver, copyBrokenTo: BROKEN });
    t.like(report.cut, { class: 'zero-tail', bytes: 200_000 });
    t.deepEqual(bytesOf(fileSystem, report.cut!.copy), new Uint8Array(200_000));
    t.deepEqual(bytesOf(fileSystem, PATH), good);
  });

  test(`${how}: damage is an error that says where, and nothing is changed`, (t) => {
    const bytes = good.slice();
    bytes[150]! ^= 4;
    const fileSystem = diskWith(joined(bytes, tail));
    const { modifiedNs } = fileSystem.status(PATH)!;
    const error = t.throws(() =>
      recoverSegment({ fileSystem, path: PATH, coreId: 0, takeOver, copyBrokenTo: BROKEN }),
    );
    t.true(isStatelogError(error, 'DAMAGED'));
    t.like(error, { details: { path: PATH, offset: good.length / 5, class: 'checksum-mismatch' } });
    t.deepEqual(bytesOf(fileSystem, PATH), joined(bytes, tail));
    t.is(fileSystem.status(PATH)!.modifiedNs, modifiedNs);
    t.is(fileSystem.status(BROKEN), undefined);
  });

  test(`${how}: a segment that does not start with the sequence due, or is of another epoch, is damage`, (t) => {
    const fileSystem = diskWith(good);
    for (const wrong of [{ expectedNextSequence: 7n }, { expectedNextSequence: 2n ** 40n }, { epoch: 2n }]) {
      const options = { fileSystem, path: PATH, coreId: 0, takeOver, copyBrokenTo: BROKEN, ...wrong };
      const error = t.throws(() => recoverSegment(options), undefined, JSON.stringify(Object.keys(wrong)));
      t.true(isStatelogError(error, 'DAMAGED'));
    }
  });
}

test('whatever a power cut leaves of a writer’s work, all that was acknowledged is recovered, and can be gone on with', (t) => {
  const disk = diskWith(new Uint8Array()).disk;
  const writer = CoreWalWriter.openAt(0, PATH, 0, {
    fileSystem: new SimulatedFileSystem({ disk }),
    bufferBytes: 400,
  });
  const key = toUtf8('k');
  let acknowledged = 0n;
  let images = 0;
  for (let group = 0; group < 5; group++) {
    for (let index = 0; index < 2 * group + 1; index++) {
      writer.appendPut(key, new Uint8Array(30 + 40 * index).fill(index + 1));
    }
    writer.flush();
    for (const image of powerLossImages(disk, { seed: SEED + group, imagesMax: 400 })) {
      images += 1;
      checkImage(image.fileSystem, acknowledged, writer.sequence, image.describe);
    }
    writer.sync();
    acknowledged = writer.sequence;
  }
  writer.close();
  t.true(images > 500, String(images));

  function checkImage(
    fileSystem: SimulatedFileSystem,
    from: bigint,
    to: bigint,
    describe: () => string,
  ): void {
    const report = recoverSegment({
      fileSystem,
      path: PATH,
      coreId: 0,
      takeOver: true,
      expectedNextSequence: 0n,
      copyBrokenTo: BROKEN,
    });
    if (report.nextSequence < from || report.nextSequence > to) t.fail(`seed ${SEED}: ${describe()}`);
    const { nextSequence, lastTimestampNs, lastEpoch: epoch, position } = report;
    const again = CoreWalWriter.openAt(0, PATH, position, {
      fileSystem,
      start: { nextSequence, lastTimestampNs, epoch },
    });
    again.appendPut(key, key);
    again.sync();
    again.close();
    const after = recoverSegment({ fileSystem, path: PATH, coreId: 0, takeOver: false });
    if (after.nextSequence !== nextSequence + 1n) t.fail(`seed ${SEED}: ${describe()}`);
  }
});

test('a crash at any call of a recovery leaves a segment that recovers to the same', (t) => {
  for (const takeOver of [false, true]) {
    const fresh = (): SimulatedFileSystem => diskWith(joined(good, tail));
    const calls = (() => {
      const fileSystem = new SimulatedFileSystem({ disk: fresh().disk });
      recoverSegment({ fileSystem, path: PATH, coreId: 0, takeOver, copyBrokenTo: BROKEN });
      return fileSystem.operationCount;
    })();
    for (let call = 0; call < calls; call++) {
      for (const when of ['before', 'after'] as const) {
        const { disk } = fresh();
        const dying = new SimulatedFileSystem({ disk, plan: crashAt(call, when) });
        t.throws(() =>
          recoverSegment({ fileSystem: dying, path: PATH, coreId: 0, takeOver, copyBrokenTo: BROKEN }),
        );
        for (const image of powerLossImages(disk, { seed: SEED, imagesMax: 60 })) {
          const { fileSystem } = image;
          const wasCut = bytesOf(fileSystem, PATH).length === good.length;
          const report = recoverSegment({
            fileSystem,
            path: PATH,
            coreId: 0,
            takeOver,
            copyBrokenTo: BROKEN,
          });
          const copies = fileSystem.status(BROKEN) === undefined ? [] : fileSystem.readDirectory(BROKEN);
          const isCopied = copies.some((name) =>
            Buffer.from(tail).equals(bytesOf(fileSystem, `${BROKEN}/${name}`)),
          );
          if (report.records !== 5 || !isCopied) {
            t.fail(
              `call ${call} ${when}, cut before: ${wasCut}, copies ${copies.join()}: ${image.describe()}`,
            );
          }
        }
      }
    }
  }
  t.pass();
});

test('an unacknowledged group of which a later page was kept and an earlier one lost is cut; acknowledged, it is damage', (t) => {
  const disk = diskWith(new Uint8Array()).disk;
  const fileSystem = new SimulatedFileSystem({ disk });
  const writer = CoreWalWriter.openAt(0, PATH, 0, { fileSystem });
  const put = (): number => writer.appendPut(toUtf8('key'), new Uint8Array(100));
  put();
  writer.sync();
  const first = put();
  put();
  put();
  writer.flush();
  const lose = (session: SimulatedFileSystem): void => {
    const descriptor = session.openReadWrite(PATH);
    writeFully(session, descriptor, new Uint8Array(50), 0, 50, first + 10);
    session.close(descriptor);
  };
  const bytes = bytesOf(fileSystem, PATH);
  const unacknowledged = diskWith(bytes);
  lose(unacknowledged);
  const report = recoverSegment({ fileSystem: unacknowledged, path: PATH, coreId: 0, takeOver: true });
  t.like(report, { records: 1, position: first, cut: { class: 'torn-tail' } });

  writer.sync();
  put();
  writer.sync();
  writer.close();
  const acknowledged = diskWith(bytesOf(fileSystem, PATH));
  lose(acknowledged);
  const error = t.throws(() =>
    recoverSegment({ fileSystem: acknowledged, path: PATH, coreId: 0, takeOver: true }),
  );
  t.true(isStatelogError(error, 'DAMAGED'));
  t.like(error, { details: { offset: first } });
});
