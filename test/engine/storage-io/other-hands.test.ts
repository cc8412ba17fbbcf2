import { chmodSync, linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import test from 'ava';
import { StateDirectory } from '../../../src/engine/directory/state-directory.js';
import { anchoredPlace, anchoredStore } from '../../../src/engine/storage-io/views/anchored-file-system.js';
import { inheritingFromFolder } from '../../../src/engine/storage-io/views/inheriting-file-system.js';
import { isInOtherHands, othersCanSwap } from '../../../src/engine/storage-io/owners/other-hands.js';
import { realFileSystem } from '../../../src/engine/storage-io/real/real-file-system.js';
import { withReplaced } from '../../../src/engine/storage-io/views/replaced-members.js';
import { failureOf } from '../../support/failure.js';
import { tempDir } from '../../support/temp-dir.js';

const disk = realFileSystem();

test('what lies in folders of ours alone is worked on as usual, in a sticky one too', (t) => {
  const folder = tempDir(t);
  const store = path.join(folder, 'store');
  mkdirSync(store, 0o700);
  t.false(isInOtherHands(disk, store));
  chmodSync(folder, 0o1777);
  t.false(isInOtherHands(disk, store));
  t.false(othersCanSwap(disk, path.join(folder, 'not-there')));
  t.is(anchoredStore(disk, store), disk);
  t.is(anchoredPlace(disk, path.join(folder, 'not-there')), disk);
});

test('a folder that others may write, or one above it, puts what lies there into their hands', (t) => {
  const folder = tempDir(t);
  const store = path.join(folder, 'deep', 'store');
  mkdirSync(store, { recursive: true, mode: 0o700 });
  chmodSync(store, 0o770);
  t.true(isInOtherHands(disk, store));
  t.false(othersCanSwap(disk, store));
  chmodSync(store, 0o700);
  chmodSync(folder, 0o777);
  t.true(isInOtherHands(disk, store));
  t.true(othersCanSwap(disk, path.join(store, 'file')));
});

test('what fails in an anchored folder is said of its path, and of the name that a file was given', (t) => {
  const folder = tempDir(t);
  chmodSync(folder, 0o777);
  const anchored = anchoredStore(disk, folder);
  const missing = path.join(folder, 'missing');
  const error = failureOf(() => anchored.openRead(missing));
  t.is(error.details.path, missing);
  t.false(error.message.includes('/proc/'));
  const descriptor = anchored.createExclusive(path.join(folder, 'new'));
  anchored.rename(path.join(folder, 'new'), path.join(folder, 'renamed'));
  anchored.close(descriptor);
  const reading = anchored.openRead(path.join(folder, 'renamed'));
  const refused = failureOf(() => anchored.write(reading, new Uint8Array(1), 0, 1, 0));
  t.is(refused.details.path, path.join(folder, 'renamed'));
  anchored.close(reading);
});

test('where no path leads to what is open, root is refused and told as whom to run, and others go on', (t) => {
  const folder = tempDir(t);
  chmodSync(folder, 0o777);
  const without = (userId: number) => withReplaced(disk, { pathThrough: () => undefined, userId });
  const error = failureOf(() => anchoredStore(without(0), folder));
  t.is(error.code, 'LED_ELSEWHERE');
  t.regex(error.details.hint ?? '', /sudo -u|chmod go-w/);
  const user = without(1234);
  t.is(anchoredStore(user, folder), user);
});

test('a LOCK that has another name is not written to', async (t) => {
  const folder = tempDir(t);
  const store = path.join(folder, 'store');
  StateDirectory.create(store);
  const other = path.join(folder, 'other');
  writeFileSync(other, 'of somebody else');
  rmSync(path.join(store, 'LOCK'), { force: true });
  linkSync(other, path.join(store, 'LOCK'));
  const error = await t.throwsAsync(StateDirectory.open(store));
  t.like(error, { code: 'LED_ELSEWHERE' });
  t.is(readFileSync(other, 'utf8'), 'of somebody else');
});

test('a folder that takes the place of one that was just made is not given away', (t) => {
  const folder = tempDir(t);
  const store = path.join(folder, 'store');
  mkdirSync(store, 0o750);
  const given: string[] = [];
  const swapped = withReplaced(disk, {
    makeDirectory: (place) => {
      disk.makeDirectory(place);
      writeFileSync(path.join(place, 'secret'), 'of root');
    },
    changeMode: () => {
      given.push('mode');
    },
  });
  const error = failureOf(() => {
    inheritingFromFolder(swapped, store).makeDirectory(path.join(store, 'new'));
  });
  t.is(error.code, 'OWNER_LOCKED_OUT');
  t.deepEqual(given, []);
});
