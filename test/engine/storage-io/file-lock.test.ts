import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import type { ExecutionContext } from 'ava';
import test from 'ava';
import type { StatelogError } from '../../../src/engine/errors.js';
import { isStatelogError } from '../../../src/engine/errors.js';
import {
  acquireFileLock,
  openLocked,
  tryAcquireFileLock,
  tryOpenLocked,
} from '../../../src/engine/storage-io/lock/file-lock.js';
import { lockState, parseHolder } from '../../../src/engine/storage-io/lock/lock-holder.js';
import { realFileSystem } from '../../../src/engine/storage-io/real/real-file-system.js';
import { SimulatedFileSystem, failEvery } from '../../simulated-disk/index.js';
import { bundledModule } from '../../support/program.js';
import { tempDir } from '../../support/temp-dir.js';

/** A process that takes and holds a lock when told to. */
class Holder {
  readonly process: ChildProcess;
  readonly #lines: AsyncIterator<string>;

  constructor(t: ExecutionContext, module: string, path: string) {
    const child = spawn(process.execPath, [module, path], { stdio: ['pipe', 'pipe', 'inherit'] });
    this.process = child;
    this.#lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    t.teardown(() => child.kill('SIGKILL'));
  }

  get pid(): number {
    return this.process.pid ?? 0;
  }

  async line(): Promise<string> {
    return String((await this.#lines.next()).value);
  }

  /** Lets it go on, and says what came of it. */
  async step(): Promise<string> {
    this.process.stdin?.write('\n');
    return this.line();
  }

  async die(): Promise<void> {
    this.process.kill('SIGKILL');
    await once(this.process, 'exit');
  }
}

async function startHolder(t: ExecutionContext, path: string): Promise<Holder> {
  const module = await bundledModule('test/engine/storage-io/lock-holding-process.ts');
  const holder = new Holder(t, module, path);
  t.is(await holder.line(), 'ready');
  return holder;
}

function lockedErrorOf(t: ExecutionContext, call: () => unknown): StatelogError {
  const error = t.throws(call);
  if (!isStatelogError(error, 'LOCKED')) throw new Error(`not LOCKED: ${String(error)}`);
  return error;
}

test('a second process is told who holds the lock, and gets it once that one is killed', async (t) => {
  const path = `${tempDir(t)}/LOCK`;
  const fileSystem = realFileSystem();
  const holder = await startHolder(t, path);
  t.is(await holder.step(), 'locked');

  const error = lockedErrorOf(t, () => tryAcquireFileLock(fileSystem, path, { describe: 'orders' }));
  t.like(error.details.holder, { pid: holder.pid, host: hostname() });
  t.regex(error.message, new RegExp(`^orders is locked by process ${holder.pid} on .* since 20`));
  t.like(lockState(fileSystem, path), { held: 'yes', holder: { pid: holder.pid } });
  const text = readFileSync(path, 'utf8');

  await holder.die();
  t.is(readFileSync(path, 'utf8'), text, 'its text stays');
  t.like(lockState(fileSystem, path), { held: 'no', holder: { pid: holder.pid } });
  const lock = tryAcquireFileLock(fileSystem, path);
  t.true(lock.tookOver);
  t.is(lock.previousHolder?.pid, holder.pid);
  t.is(parseHolder(readFileSync(path, 'utf8'))?.pid, process.pid);
  lock.release();
});

test('a clean release leaves nothing to take over', async (t) => {
  const path = `${tempDir(t)}/LOCK`;
  const holder = await startHolder(t, path);
  t.is(await holder.step(), 'locked');
  t.is(await holder.step(), 'released');
  t.is(statSync(path).size, 0);
  t.deepEqual(lockState(realFileSystem(), path), { held: 'no', holder: undefined, wasClosed: true });
  const lock = tryAcquireFileLock(realFileSystem(), path);
  t.false(lock.tookOver);
  t.is(lock.previousHolder, undefined);
  lock.release();
  t.notThrows(() => lock.release(), 'releasing twice is harmless');
});

test('of processes that race for a lock exactly one gets it', async (t) => {
  const path = `${tempDir(t)}/LOCK`;
  const holders = await Promise.all(Array.from({ length: 5 }, () => startHolder(t, path)));
  const outcomes = await Promise.all(holders.map((holder) => holder.step()));
  t.is(outcomes.filter((outcome) => outcome === 'locked').length, 1, outcomes.join(', '));
  const winner = holders[outcomes.indexOf('locked')];
  const others = outcomes.filter((outcome) => outcome !== 'locked');
  t.deepEqual(new Set(others), new Set([`LOCKED ${winner?.pid ?? 0}`]));
});

test('waiting gets the lock once it is free, and gives up when the time is over', async (t) => {
  const first = new SimulatedFileSystem({ pid: 1 });
  const second = new SimulatedFileSystem({ disk: first.disk, pid: 2 });
  const held = tryAcquireFileLock(first, '/LOCK');
  const pauses: number[] = [];
  const pause = (milliseconds: number): Promise<void> => {
    pauses.push(milliseconds);
    return Promise.resolve();
  };
  const error = await t.throwsAsync(acquireFileLock(second, '/LOCK', { waitMs: 200, pause }));
  t.true(isStatelogError(error, 'LOCKED'));
  t.is(
    pauses.reduce((sum, each) => sum + each, 0),
    200,
  );
  await t.throwsAsync(acquireFileLock(second, '/LOCK'), { message: /locked/ });

  let tries = 0;
  const lock = await acquireFileLock(second, '/LOCK', {
    waitMs: 1000,
    pause: () => {
      tries += 1;
      if (tries === 3) held.release();
      return Promise.resolve();
    },
  });
  t.is(tries, 3);
  t.false(lock.tookOver);
  lock.release();
  t.deepEqual([...first.openPaths, ...second.openPaths], []);
});

test('waiting really takes time where nothing else is said', async (t) => {
  const path = `${tempDir(t)}/LOCK`;
  const fileSystem = realFileSystem();
  const held = tryAcquireFileLock(fileSystem, path);
  const waiting = acquireFileLock(fileSystem, path, { waitMs: 60_000 });
  setImmediate(() => held.release());
  const lock = await waiting;
  t.false(lock.tookOver);
  lock.release();
});

test('a lock given up unclean is one to take over', (t) => {
  const fileSystem = new SimulatedFileSystem();
  tryAcquireFileLock(fileSystem, '/LOCK').abandon();
  t.true(tryAcquireFileLock(fileSystem, '/LOCK').tookOver);
});

test('at no moment of a takeover is the text empty', (t) => {
  const seen: number[] = [];
  const first = new SimulatedFileSystem();
  tryAcquireFileLock(first, '/LOCK').abandon();
  const second = new SimulatedFileSystem({
    disk: first.disk,
    plan: () => {
      seen.push(first.disk.fileBytes('/LOCK').length);
      return undefined;
    },
  });
  t.true(tryAcquireFileLock(second, '/LOCK').tookOver);
  t.true(seen.length > 4);
  t.true(Math.min(...seen) > 0);
});

test('a lock whose text cannot be written is not held', (t) => {
  const first = new SimulatedFileSystem({ plan: failEvery('write', 'ENOSPC') });
  const error = t.throws(() => tryAcquireFileLock(first, '/LOCK'));
  t.true(isStatelogError(error, 'DISK_FULL'));
  t.deepEqual(first.openPaths, []);
  const second = new SimulatedFileSystem({ disk: first.disk });
  t.false(tryAcquireFileLock(second, '/LOCK').tookOver);
});

test('a release that cannot empty the text still frees the lock', (t) => {
  const first = new SimulatedFileSystem({ plan: failEvery('ftruncate', 'EIO', 1) });
  tryAcquireFileLock(first, '/LOCK').release();
  t.deepEqual(first.openPaths, []);
  t.true(tryAcquireFileLock(new SimulatedFileSystem({ disk: first.disk }), '/LOCK').tookOver);
});

test('text that is not ours is a takeover from somebody unknown', (t) => {
  for (const text of [
    'x',
    '{}',
    '[1]',
    'null',
    '{"pid":1,"host":"a b","since":"2026"}',
    '{"pid":"1"}',
    '\0'.repeat(9000),
  ]) {
    const fileSystem = new SimulatedFileSystem();
    fileSystem.disk.plantFile('/LOCK', new TextEncoder().encode(text));
    const lock = tryAcquireFileLock(fileSystem, '/LOCK');
    t.true(lock.tookOver, text);
    t.is(lock.previousHolder, undefined, text);
    lock.release();
  }
});

test('a symbolic link in the place of the lock file is refused', (t) => {
  const fileSystem = new SimulatedFileSystem();
  fileSystem.disk.plantFile('/elsewhere', new Uint8Array(0));
  fileSystem.disk.plantOddity('/LOCK', 'symlink', '/elsewhere');
  const error = t.throws(() => tryAcquireFileLock(fileSystem, '/LOCK'));
  t.true(isStatelogError(error, 'NOT_A_FILE'));
});

test('a file that is replaced while its lock is taken is opened anew', (t) => {
  const folder = tempDir(t);
  const fileSystem = realFileSystem();
  const path = `${folder}/log.snap`;
  writeFileSync(path, 'old');
  writeFileSync(`${folder}/new`, 'new');
  let opened = 0;
  const descriptor = tryOpenLocked(fileSystem, path, () => {
    opened += 1;
    const made = fileSystem.openReadWrite(path);
    if (opened === 1) renameSync(`${folder}/new`, path);
    return made;
  });
  t.is(opened, 2);
  t.is(fileSystem.status(path)?.identity, fileSystem.statusOf(descriptor).identity);
  const error = lockedErrorOf(t, () => tryOpenLocked(fileSystem, path, () => fileSystem.openReadWrite(path)));
  t.is(error.details.holder?.pid, process.pid, 'the kernel knows who holds it');
  fileSystem.close(descriptor);
});

test('a file that is locked can be waited for', async (t) => {
  const first = new SimulatedFileSystem({ pid: 1 });
  first.disk.plantFile('/log.snap', new Uint8Array(3));
  const second = new SimulatedFileSystem({ disk: first.disk, pid: 2 });
  const held = tryOpenLocked(first, '/log.snap', () => first.openReadWrite('/log.snap'));
  const open = () => second.openReadWrite('/log.snap');
  const locked = t.throws(() => tryOpenLocked(second, '/log.snap', open), { code: 'LOCKED' });
  t.true(isStatelogError(locked) && locked.details.hint!.includes('waitMs in a program'));
  const descriptor = await openLocked(second, '/log.snap', open, {
    waitMs: 10,
    pause: () => {
      first.close(held);
      return Promise.resolve();
    },
  });
  t.is(second.statusOf(descriptor).size, 3);
});

test('where there are no locks, taking one is refused as read-only', (t) => {
  const fileSystem = new SimulatedFileSystem();
  const without = Object.create(fileSystem, { canLock: { value: false } }) as SimulatedFileSystem;
  const error = t.throws(() => tryAcquireFileLock(without, '/LOCK'));
  t.true(isStatelogError(error, 'READ_ONLY'));
});

test('the state of a lock is told by reading alone', (t) => {
  const writer = new SimulatedFileSystem({ pid: 7 });
  const reader = new SimulatedFileSystem({ disk: writer.disk, log: true });
  t.deepEqual(lockState(reader, '/LOCK'), { held: 'no', holder: undefined, wasClosed: true });
  const lock = tryAcquireFileLock(writer, '/LOCK');
  t.like(lockState(reader, '/LOCK'), { held: 'yes', holder: { pid: 7 } });
  lock.abandon();
  t.is(lockState(reader, '/LOCK').held, 'no');
  const elsewhere = { pid: 1, host: 'another-host', since: '2026-11-20T00:00:00.000Z' };
  writer.disk.plantFile('/LOCK', new TextEncoder().encode(JSON.stringify(elsewhere)));
  t.deepEqual(lockState(reader, '/LOCK'), { held: 'unknown', holder: elsewhere, wasClosed: false });
  t.deepEqual(
    reader.log.filter((operation) => operation.mutating || operation.name === 'flock'),
    [],
  );
});

test('whoever removes the lock file is kept out by the folder', (t) => {
  const folder = tempDir(t);
  const file = path.join(folder, 'LOCK');
  const lock = tryAcquireFileLock(realFileSystem(), file, { folder });
  rmSync(file);
  t.throws(() => tryAcquireFileLock(realFileSystem(), file, { folder }), { code: 'LOCKED' });
  lock.release();
  tryAcquireFileLock(realFileSystem(), file, { folder }).release();
});
