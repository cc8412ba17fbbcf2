import test from 'ava';
import type { FileSystem } from '../../../../src/engine/storage-io/interface/file-system.js';
import type { FaultPlan, PowerLossOptions } from '../../../simulated-disk/index.js';
import {
  SimulatedDisk,
  SimulatedFileSystem,
  countPowerLossImages,
  powerLossImages,
} from '../../../simulated-disk/index.js';
import { readWholeFile, writeFully } from '../../../../src/engine/storage-io/whole/write-fully.js';

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

function textAt(fileSystem: FileSystem, path: string): string | undefined {
  if (fileSystem.status(path) === undefined) return undefined;
  return new TextDecoder().decode(readWholeFile(fileSystem, path, 1000));
}

/** What each image has at a path, without doubles, in order; '-' for nothing. */
function outcomes(fileSystem: SimulatedFileSystem, path: string, options?: PowerLossOptions): string[] {
  const found = new Set<string>();
  for (const image of powerLossImages(fileSystem.disk, options)) {
    found.add(textAt(image.fileSystem, path) ?? '-');
  }
  return [...found].sort();
}

/** A disk with one durable file. */
function diskWith(path: string, text: string): SimulatedFileSystem {
  const fileSystem = new SimulatedFileSystem();
  fileSystem.disk.plantFile(path, bytesOf(text));
  return fileSystem;
}

function write(fileSystem: FileSystem, path: string, text: string, position = 0): void {
  const descriptor = fileSystem.openReadWrite(path);
  writeFully(fileSystem, descriptor, bytesOf(text), 0, text.length, position);
  fileSystem.close(descriptor);
}

function sync(fileSystem: FileSystem, path: string): void {
  const descriptor = fileSystem.openReadWrite(path);
  try {
    fileSystem.sync(descriptor);
  } finally {
    fileSystem.close(descriptor);
  }
}

/** A plan by which the first call of a name fails, and none after it. */
function failFirst(name: string): FaultPlan {
  let failed = false;
  return (operation) => {
    if (failed || operation.name !== name) return undefined;
    failed = true;
    return { kind: 'error', errno: 'EIO', when: 'before' };
  };
}

const WHOLE: PowerLossOptions = { tears: 'none' };

test('any subset of the writes that were not synced is on the disk', (t) => {
  const fileSystem = diskWith('/f', '....');
  write(fileSystem, '/f', 'A', 0);
  write(fileSystem, '/f', 'B', 1);
  write(fileSystem, '/f', 'a', 0);
  t.deepEqual(outcomes(fileSystem, '/f', WHOLE), ['....', '.B..', 'A...', 'AB..', 'a...', 'aB..']);
  t.is(textAt(fileSystem, '/f'), 'aB..');
});

test('a sync makes the writes of its file durable, and of no other', (t) => {
  const fileSystem = diskWith('/f', '.');
  fileSystem.disk.plantFile('/g', bytesOf('.'));
  write(fileSystem, '/f', 'F');
  write(fileSystem, '/g', 'G');
  sync(fileSystem, '/f');
  t.deepEqual(outcomes(fileSystem, '/f'), ['F']);
  t.deepEqual(outcomes(fileSystem, '/g', WHOLE), ['.', 'G']);
});

test('a write past the end that is kept alone leaves zeros before it', (t) => {
  const fileSystem = diskWith('/f', '');
  write(fileSystem, '/f', 'ab', 0);
  write(fileSystem, '/f', 'cd', 2);
  t.deepEqual(outcomes(fileSystem, '/f', WHOLE), ['', '\0\0cd', 'ab', 'abcd']);
});

test('cutting a file may be undone until it is synced', (t) => {
  const fileSystem = diskWith('/f', 'abcd');
  const descriptor = fileSystem.openReadWrite('/f');
  fileSystem.truncate(descriptor, 1);
  writeFully(fileSystem, descriptor, bytesOf('x'), 0, 1, 1);
  t.deepEqual(outcomes(fileSystem, '/f', WHOLE), ['a', 'abcd', 'ax', 'axcd']);
  fileSystem.sync(descriptor);
  t.deepEqual(outcomes(fileSystem, '/f', WHOLE), ['ax']);
});

test('the last write is torn at every byte, the rest missing, zero, garbage or old', (t) => {
  const fileSystem = diskWith('/f', 'xy');
  write(fileSystem, '/f', 'abc', 1);
  const readable = outcomes(fileSystem, '/f', { tears: 'all', rests: ['missing', 'zero', 'old'] });
  // Whole, without it; at 0 zero and old; at 1 missing and zero; at 2 missing and zero.
  t.deepEqual(readable, ['xa', 'xa\0\0', 'xab', 'xab\0', 'xabc', 'xy', 'xy\0\0', 'x\0\0\0'].sort());
  const garbage = outcomes(fileSystem, '/f', {
    tears: [1].includes(1) ? () => [1] : 'none',
    rests: ['garbage'],
  });
  t.is(garbage.length, 3);
  t.is(garbage.filter((text) => text.startsWith('xa')).length, 2);
});

test('a torn write within the file leaves the old bytes behind it', (t) => {
  const fileSystem = diskWith('/f', 'wxyz');
  write(fileSystem, '/f', 'abc', 0);
  const rests = ['missing', 'zero', 'old'] as const;
  t.deepEqual(
    outcomes(fileSystem, '/f', { tears: 'all', rests }),
    ['wxyz', 'abcz', '\0\0\0z', 'axyz', 'a\0\0z', 'abyz', 'ab\0z'].sort(),
  );
});

test('the rest of a torn write may be bytes from before it in the file', (t) => {
  const fileSystem = diskWith('/f', 'old.');
  write(fileSystem, '/f', 'new!', 4);
  const found = outcomes(fileSystem, '/f', { tears: () => [2], rests: ['repeated'] });
  t.deepEqual(found, ['old.', 'old.new!', 'old.nene'].sort());
});

test('of each file the last kept write is torn, one file at a time', (t) => {
  const fileSystem = diskWith('/f', '');
  fileSystem.disk.plantFile('/g', bytesOf(''));
  write(fileSystem, '/f', 'ff');
  write(fileSystem, '/g', 'gg');
  const found = new Set<string>();
  for (const image of powerLossImages(fileSystem.disk, { tears: () => [1], rests: ['missing'] })) {
    found.add(`${textAt(image.fileSystem, '/f') ?? '-'} ${textAt(image.fileSystem, '/g') ?? '-'}`);
  }
  t.deepEqual([...found].sort(), [' ', ' g', ' gg', 'f ', 'f gg', 'ff ', 'ff g', 'ff gg']);
});

test('a new name is on the disk once its folder is synced, with or without its data', (t) => {
  const fileSystem = new SimulatedFileSystem();
  fileSystem.makeDirectory('/s');
  fileSystem.syncDirectory('/');
  const descriptor = fileSystem.createExclusive('/s/f');
  writeFully(fileSystem, descriptor, bytesOf('data'));
  t.deepEqual(outcomes(fileSystem, '/s/f', WHOLE), ['', '-', 'data']);
  fileSystem.syncDirectory('/s');
  t.deepEqual(outcomes(fileSystem, '/s/f', WHOLE), ['', 'data']);
  fileSystem.sync(descriptor);
  t.deepEqual(outcomes(fileSystem, '/s/f', WHOLE), ['data']);
});

test('syncing a file does not make its name durable', (t) => {
  const fileSystem = new SimulatedFileSystem();
  const descriptor = fileSystem.createExclusive('/f');
  writeFully(fileSystem, descriptor, bytesOf('data'));
  fileSystem.sync(descriptor);
  t.deepEqual(outcomes(fileSystem, '/f'), ['-', 'data']);
});

test('syncing a folder does not make the name of the folder itself durable', (t) => {
  const fileSystem = new SimulatedFileSystem();
  fileSystem.makeDirectory('/s');
  fileSystem.disk.plantFile('/kept', bytesOf(''));
  const descriptor = fileSystem.createExclusive('/s/f');
  fileSystem.sync(descriptor);
  fileSystem.syncDirectory('/s');
  t.deepEqual(outcomes(fileSystem, '/s/f'), ['', '-']);
});

test('a rename that is not durable leaves the old file in its place', (t) => {
  const fileSystem = diskWith('/f', 'old');
  const descriptor = fileSystem.createExclusive('/new');
  writeFully(fileSystem, descriptor, bytesOf('new'));
  fileSystem.rename('/new', '/f');
  t.deepEqual(outcomes(fileSystem, '/f', WHOLE), ['', 'new', 'old'], 'not synced: an empty file, too');
  fileSystem.sync(descriptor);
  t.deepEqual(outcomes(fileSystem, '/f'), ['new', 'old']);
  fileSystem.syncDirectory('/');
  t.deepEqual(outcomes(fileSystem, '/f'), ['new']);
});

test('a rename within or across folders is on the disk as a whole or not at all', (t) => {
  const fileSystem = new SimulatedFileSystem();
  fileSystem.disk.plantFile('/a/f', bytesOf('f'));
  fileSystem.disk.plantFile('/b/x', bytesOf(''));
  fileSystem.rename('/a/f', '/b/g');
  for (const { fileSystem: image } of powerLossImages(fileSystem.disk)) {
    t.not(textAt(image, '/a/f'), textAt(image, '/b/g'));
  }
  t.is(countPowerLossImages(fileSystem.disk), 2);
  fileSystem.syncDirectory('/b');
  t.is(countPowerLossImages(fileSystem.disk), 1);
});

test('a removal may be undone until its folder is synced', (t) => {
  const fileSystem = diskWith('/f', 'back');
  fileSystem.remove('/f');
  t.deepEqual(outcomes(fileSystem, '/f'), ['-', 'back']);
  fileSystem.syncDirectory('/');
  t.deepEqual(outcomes(fileSystem, '/f'), ['-']);
});

test('after a sync that failed its data may be gone, though the next sync succeeds', (t) => {
  const disk = diskWith('/f', '.').disk;
  const fileSystem = new SimulatedFileSystem({ disk, plan: failFirst('fsync') });
  write(fileSystem, '/f', 'A');
  t.throws(() => sync(fileSystem, '/f'), { name: 'StatelogError' });
  t.notThrows(() => sync(fileSystem, '/f'));
  t.deepEqual(outcomes(fileSystem, '/f', WHOLE), ['.', 'A']);
  write(fileSystem, '/f', 'B', 1);
  sync(fileSystem, '/f');
  t.deepEqual(outcomes(fileSystem, '/f', WHOLE), ['.B', 'AB'], 'what was written later is safe');
  write(fileSystem, '/f', 'C');
  sync(fileSystem, '/f');
  t.deepEqual(outcomes(fileSystem, '/f', WHOLE), ['CB'], 'and the lost write never comes after it');
});

test('after a folder sync that failed its names may be gone, though the next one succeeds', (t) => {
  const fileSystem = new SimulatedFileSystem({ plan: failFirst('fsyncFolder') });
  fileSystem.close(fileSystem.createExclusive('/f'));
  t.throws(() => fileSystem.syncDirectory('/'), { name: 'StatelogError' });
  fileSystem.syncDirectory('/');
  t.deepEqual(outcomes(fileSystem, '/f'), ['', '-']);
  fileSystem.rename('/f', '/g');
  fileSystem.syncDirectory('/');
  t.deepEqual(outcomes(fileSystem, '/f'), ['-'], 'a later change of the same name is safe');
  t.deepEqual(outcomes(fileSystem, '/g'), ['']);
});

test('with pages, any page of one write may be missing', (t) => {
  const fileSystem = new SimulatedFileSystem({ disk: new SimulatedDisk({ pageBytes: 2 }) });
  fileSystem.disk.plantFile('/f', bytesOf('.....'));
  write(fileSystem, '/f', 'abcd', 1);
  const found = outcomes(fileSystem, '/f', WHOLE);
  t.deepEqual(found, ['.....', '.a...', '..bc.', '....d', '.abc.', '.a..d', '..bcd', '.abcd'].sort());
});

test('images do not change when the disk goes on, nor the disk when they do', (t) => {
  const fileSystem = diskWith('/f', '....');
  write(fileSystem, '/f', 'A');
  const images = [...powerLossImages(fileSystem.disk, WHOLE)];
  write(fileSystem, '/f', 'B', 1);
  sync(fileSystem, '/f');
  t.deepEqual(
    images.map((image) => textAt(image.fileSystem, '/f')),
    ['....', 'A...'],
  );
  write(images[0]!.fileSystem, '/f', 'zzzzzz');
  sync(images[0]!.fileSystem, '/f');
  images[0]!.fileSystem.close(images[0]!.fileSystem.createExclusive('/new'));
  t.deepEqual(
    images.map((image) => textAt(image.fileSystem, '/f')),
    ['zzzzzz', 'A...'],
  );
  t.is(textAt(fileSystem, '/f'), 'AB..');
  t.deepEqual(fileSystem.readDirectory('/'), ['f']);
  t.deepEqual(
    [...powerLossImages(fileSystem.disk)].map((image) => textAt(image.fileSystem, '/f')),
    ['AB..'],
  );
});

test('images made between two syncs of a file are not changed by the second', (t) => {
  const fileSystem = diskWith('/f', '....');
  write(fileSystem, '/f', 'A');
  sync(fileSystem, '/f');
  write(fileSystem, '/f', 'B', 1);
  const images = [...powerLossImages(fileSystem.disk, WHOLE)];
  sync(fileSystem, '/f');
  t.deepEqual(
    images.map(({ fileSystem: image }) => textAt(image, '/f')),
    ['A...', 'AB..'],
  );
});

test('no image is made twice', (t) => {
  const overwritten = diskWith('/f', 'wxyz');
  write(overwritten, '/f', 'abc', 0);
  const grown = diskWith('/f', 'xy');
  write(grown, '/f', 'abc', 1);
  const appended = diskWith('/f', '');
  write(appended, '/f', 'abc', 0);
  const rests = ['missing', 'zero', 'old'] as const;
  for (const fileSystem of [overwritten, grown, appended]) {
    const options = { tears: 'all', rests } as const;
    t.is(countPowerLossImages(fileSystem.disk, options), outcomes(fileSystem, '/f', options).length);
  }
  const created = new SimulatedFileSystem();
  const descriptor = created.createExclusive('/f');
  for (let at = 0; at < 3; at += 1) writeFully(created, descriptor, bytesOf('x'), 0, 1, at);
  t.is(
    countPowerLossImages(created.disk, WHOLE),
    1 + 2 ** 3,
    'without its name what it holds is all the same',
  );
});

test('an image can lose power itself', (t) => {
  const fileSystem = diskWith('/f', '.');
  write(fileSystem, '/f', 'A');
  const found = new Set<string>();
  for (const image of powerLossImages(fileSystem.disk, WHOLE)) {
    const recovered = image.fileSystem;
    write(recovered, '/f', 'R', 1);
    for (const again of powerLossImages(recovered.disk, WHOLE))
      found.add(textAt(again.fileSystem, '/f') ?? '-');
  }
  t.deepEqual([...found].sort(), ['.', '.R', 'A', 'AR']);
});

test('effects on files that no image can name are not counted', (t) => {
  const fileSystem = diskWith('/f', '.');
  const descriptor = fileSystem.createExclusive('/gone');
  for (let at = 0; at < 30; at += 1) writeFully(fileSystem, descriptor, bytesOf('x'), 0, 1, at);
  t.true(countPowerLossImages(fileSystem.disk, { ...WHOLE, samples: 0 }) > 30);
  fileSystem.remove('/gone');
  fileSystem.syncDirectory('/');
  t.is(countPowerLossImages(fileSystem.disk), 1);
});

test('with many effects there are prefixes, single ones, complements and samples', (t) => {
  const fileSystem = diskWith('/f', '.'.repeat(14));
  for (let at = 0; at < 14; at += 1) write(fileSystem, '/f', 'x', at);
  const found = new Set(outcomes(fileSystem, '/f', { ...WHOLE, samples: 20 }));
  for (let at = 0; at < 14; at += 1) {
    t.true(found.has('x'.repeat(at).padEnd(14, '.')), `prefix ${at}`);
    t.true(found.has(`${'.'.repeat(at)}x`.padEnd(14, '.')), `single ${at}`);
    t.true(found.has(`${'x'.repeat(at)}.`.padEnd(14, 'x')), `complement ${at}`);
  }
  t.true(found.size > 3 * 14);
  t.deepEqual(outcomes(fileSystem, '/f', WHOLE), outcomes(fileSystem, '/f', WHOLE), 'a seed repeats itself');
});

test('so many images are chosen as are wanted, repeatably', (t) => {
  const fileSystem = diskWith('/f', '');
  for (let at = 0; at < 5; at += 1) write(fileSystem, '/f', 'abc', at * 3);
  const options = { tears: 'all', imagesMax: 20, seed: 7 } as const;
  const chosen = [...powerLossImages(fileSystem.disk, options)].map((image) => image.describe());
  t.is(chosen.length, 20);
  t.deepEqual(
    [...powerLossImages(fileSystem.disk, options)].map((image) => image.describe()),
    chosen,
  );
});

test('an image says what it kept, lost and tore', (t) => {
  const fileSystem = diskWith('/s/f', '');
  write(fileSystem, '/s/f', 'abc');
  fileSystem.remove('/s/f');
  const described = [...powerLossImages(fileSystem.disk)].map((image) => image.describe()).join('\n');
  t.regex(described, /lost: node 2 .*3 bytes written at 0/);
  t.regex(described, /kept: \/s\/f removed/);
  t.regex(described, /torn at 1, the rest zero/);
});
