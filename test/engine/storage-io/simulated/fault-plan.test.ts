import test from 'ava';
import { isStatelogError } from '../../../../src/engine/errors.js';
import {
  SimulatedCrash,
  SimulatedFileSystem,
  combinePlans,
  countPowerLossImages,
  crashAt,
  failAt,
  failEvery,
  shortWriteAt,
} from '../../../simulated-disk/index.js';
import { writeFully } from '../../../../src/engine/storage-io/whole/write-fully.js';

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

test('every call is numbered and logged', (t) => {
  const fileSystem = new SimulatedFileSystem({ log: true });
  const descriptor = fileSystem.createExclusive('/f');
  fileSystem.write(descriptor, bytesOf('abc'), 1, 2, 5);
  fileSystem.dataSync(descriptor);
  fileSystem.syncDirectory('/');
  fileSystem.close(descriptor);
  t.deepEqual(
    fileSystem.log.map(({ index, name, path, mutating }) => [index, name, path, mutating]),
    [
      [0, 'open', '/f', true],
      [1, 'write', '/f', true],
      [2, 'fdatasync', '/f', true],
      [3, 'fsyncFolder', '/', true],
      [4, 'close', '/f', false],
    ],
  );
  t.like(fileSystem.log[1], { offset: 5, bytes: 2 });
  t.is(fileSystem.operationCount, 5);
});

test('a call fails before or after it took effect', (t) => {
  for (const when of ['before', 'after'] as const) {
    const fileSystem = new SimulatedFileSystem({ plan: failAt(1, 'ENOSPC', when) });
    const descriptor = fileSystem.createExclusive('/f');
    const error = t.throws(() => fileSystem.write(descriptor, bytesOf('abc'), 0, 3, 0));
    t.true(isStatelogError(error, 'DISK_FULL'));
    t.is(fileSystem.statusOf(descriptor).size, when === 'before' ? 0 : 3);
  }
});

test('a sync that fails after taking effect has made its data durable', (t) => {
  for (const when of ['before', 'after'] as const) {
    const fileSystem = new SimulatedFileSystem({ plan: failAt(3, 'EIO', when) });
    const descriptor = fileSystem.createExclusive('/f');
    fileSystem.syncDirectory('/');
    writeFully(fileSystem, descriptor, bytesOf('a'));
    t.throws(() => fileSystem.sync(descriptor), { message: /EIO/ });
    t.is(countPowerLossImages(fileSystem.disk, { tears: 'none' }), when === 'before' ? 2 : 1);
  }
});

test('a write takes fewer bytes than given, and the rest is written by the next', (t) => {
  for (const bytes of [1, 2]) {
    const fileSystem = new SimulatedFileSystem({ plan: shortWriteAt(1, bytes) });
    const descriptor = fileSystem.createExclusive('/f');
    writeFully(fileSystem, descriptor, bytesOf('abc'));
    t.is(new TextDecoder().decode(fileSystem.disk.fileBytes('/f')), 'abc');
    t.is(fileSystem.operationCount, 3);
  }
});

test('a write that takes nothing is a failure, not an endless loop', (t) => {
  const fileSystem = new SimulatedFileSystem({ plan: shortWriteAt(1, 0) });
  const descriptor = fileSystem.createExclusive('/f');
  t.throws(() => writeFully(fileSystem, descriptor, bytesOf('abc')), { name: 'StatelogError' });
});

test('after a crash every call throws the same crash, and locks are free', (t) => {
  const fileSystem = new SimulatedFileSystem({ plan: crashAt(2) });
  const descriptor = fileSystem.createExclusive('/f');
  t.true(fileSystem.tryLock(descriptor));
  const crash = t.throws(() => fileSystem.write(descriptor, bytesOf('abc'), 0, 3, 0));
  t.true(crash instanceof SimulatedCrash);
  t.false(isStatelogError(crash));
  t.true(fileSystem.crashed);
  for (const call of [() => fileSystem.close(descriptor), () => fileSystem.status('/f')]) {
    const again = t.throws(call);
    t.is(again, crash);
  }
  const other = new SimulatedFileSystem({ disk: fileSystem.disk });
  const reopened = other.openReadWrite('/f');
  t.true(other.tryLock(reopened));
  t.is(other.statusOf(reopened).size, 0);
});

test('a crash after a call leaves its effect', (t) => {
  const fileSystem = new SimulatedFileSystem({ plan: crashAt(0, 'after') });
  t.throws(() => fileSystem.makeDirectory('/s'));
  t.deepEqual(new SimulatedFileSystem({ disk: fileSystem.disk }).readDirectory('/'), ['s']);
});

test('sessions on one disk see each other and contend for locks', (t) => {
  const first = new SimulatedFileSystem({ pid: 1 });
  const second = new SimulatedFileSystem({ disk: first.disk, pid: 2 });
  const [mine, theirs] = [first.openOrCreate('/LOCK'), second.openOrCreate('/LOCK')];
  t.true(first.tryLock(mine));
  t.false(second.tryLock(theirs));
  t.like(second.lockOwner('/LOCK'), { pid: 1 });
  first.kill();
  t.true(second.tryLock(theirs));
  t.like(second.lockOwner('/LOCK'), { pid: 2 });
  t.deepEqual(second.openPaths, ['/LOCK']);
});

test('plans can be put together', (t) => {
  const plan = combinePlans(shortWriteAt(1, 1), failEvery('write', 'EIO', 1));
  const fileSystem = new SimulatedFileSystem({ plan });
  const descriptor = fileSystem.createExclusive('/f');
  t.is(fileSystem.write(descriptor, bytesOf('abc'), 0, 3, 0), 1);
  t.throws(() => fileSystem.write(descriptor, bytesOf('bc'), 0, 2, 1), { message: /EIO/ });
});

test('what ends in the background ends in order, and a crash is told to whoever waits', async (t) => {
  const fileSystem = new SimulatedFileSystem({ plan: crashAt(3) });
  const descriptor = fileSystem.createExclusive('/f');
  const order: unknown[] = [];
  await new Promise<void>((resolve) => {
    fileSystem.writeInBackground(descriptor, bytesOf('a'), 0, (error) => order.push(error));
    fileSystem.dataSyncInBackground(descriptor, (error) => order.push(error));
    fileSystem.writeInBackground(descriptor, bytesOf('b'), 1, (error) => {
      order.push(error);
      resolve();
    });
    t.is(fileSystem.operationCount, 1, 'nothing has happened yet');
  });
  t.deepEqual(order.slice(0, 2), [undefined, undefined]);
  t.true(order[2] instanceof SimulatedCrash);
});
