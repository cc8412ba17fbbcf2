import test from 'ava';
import fc from 'fast-check';
import { isStatelogError } from '../../../src/engine/errors.js';
import { realFileSystem } from '../../../src/engine/storage-io/real/real-file-system.js';
import {
  SimulatedCrash,
  SimulatedFileSystem,
  crashAt,
  failEvery,
  powerLossImages,
} from '../../simulated-disk/index.js';
import type { IoCompletion, StorageIo } from '../../../src/engine/storage-io/submission/storage-io.js';
import {
  createAsynchronousStorageIo,
  createSynchronousStorageIo,
} from '../../../src/engine/storage-io/submission/create-storage-io.js';
import { tempDir } from '../../support/temp-dir.js';

const EIO = -5;
const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);
const BACK_ENDS = { synchronous: createSynchronousStorageIo, asynchronous: createAsynchronousStorageIo };

/** All completions, once nothing is under way. */
async function completionsOf(io: StorageIo): Promise<IoCompletion[]> {
  const completions: IoCompletion[] = [];
  while (io.inFlight > 0) {
    await io.waitForCompletions();
    completions.push(...io.pollCompletions());
  }
  return completions;
}

for (const [name, create] of Object.entries(BACK_ENDS)) {
  test(`${name}: appends follow one another, and end in the order of their submission`, async (t) => {
    const fileSystem = new SimulatedFileSystem();
    const descriptor = fileSystem.createExclusive('/f');
    const io = create(fileSystem);
    io.registerAppendPosition(descriptor, 2);
    const tokens = [
      io.submitAppend(descriptor, bytesOf('abc')),
      io.submitAppend(descriptor, bytesOf('')),
      io.submitDatasync(descriptor),
      io.submitAppend(descriptor, bytesOf('de')),
    ];
    t.is(io.inFlight, 4);
    const completions = await completionsOf(io);
    t.deepEqual(
      completions.map(({ token, result, error }) => [token, result, error]),
      [3, 0, 0, 2].map((result, index) => [tokens[index], result, undefined]),
    );
    t.deepEqual(io.pollCompletions(), []);
    await io.waitForCompletions();
    t.is(new TextDecoder().decode(fileSystem.disk.fileBytes('/f')), '\0\0abcde');
  });

  test(`${name}: a datasync covers what was submitted before it`, async (t) => {
    const fileSystem = new SimulatedFileSystem();
    fileSystem.disk.plantFile('/f', bytesOf(''));
    const descriptor = fileSystem.openReadWrite('/f');
    const io = create(fileSystem);
    io.registerAppendPosition(descriptor, 0);
    io.submitAppend(descriptor, bytesOf('safe'));
    const sync = io.submitDatasync(descriptor);
    io.submitAppend(descriptor, bytesOf('not'));
    let images: string[] = [];
    while (images.length === 0) {
      await io.waitForCompletions();
      if (!io.pollCompletions().some(({ token }) => token === sync)) continue;
      images = [...powerLossImages(fileSystem.disk)].map(({ disk }) =>
        new TextDecoder().decode(disk.fileBytes('/f')),
      );
    }
    t.true(images.every((text) => text.startsWith('safe')));
    await completionsOf(io);
  });

  test(`${name}: after a failure all that follows on that descriptor fails untouched`, async (t) => {
    const fileSystem = new SimulatedFileSystem({ plan: failEvery('fdatasync', 'EIO') });
    const [bad, good] = [fileSystem.createExclusive('/bad'), fileSystem.createExclusive('/good')];
    const io = create(fileSystem);
    io.registerAppendPosition(bad, 0);
    io.registerAppendPosition(good, 0);
    io.submitAppend(bad, bytesOf('one'));
    io.submitDatasync(bad);
    io.submitAppend(bad, bytesOf('two'));
    io.submitDatasync(bad);
    io.submitAppend(good, bytesOf('ok'));
    const completions = await completionsOf(io);
    completions.sort((left, right) => left.token - right.token);
    t.deepEqual(
      completions.map(({ result }) => result),
      [3, EIO, EIO, EIO, 2],
    );
    t.true(completions.slice(1, 4).every(({ error }) => isStatelogError(error, 'IO_FAILED')));
    t.is(fileSystem.disk.fileBytes('/bad').length, 3);

    io.registerAppendPosition(bad, 1);
    io.submitAppend(bad, bytesOf('TWO'));
    t.deepEqual(
      (await completionsOf(io)).map(({ result }) => result),
      [3],
    );
    t.is(new TextDecoder().decode(fileSystem.disk.fileBytes('/bad')), 'oTWO');
  });

  test(`${name}: after a sync that failed the disk is not asked again`, async (t) => {
    let syncs = 0;
    const fileSystem = new SimulatedFileSystem({
      plan: ({ name: call }) => {
        if (call !== 'fdatasync') return undefined;
        syncs += 1;
        return syncs === 1 ? { kind: 'error', errno: 'EIO', when: 'before' } : undefined;
      },
    });
    const descriptor = fileSystem.createExclusive('/f');
    const io = create(fileSystem);
    io.registerAppendPosition(descriptor, 0);
    for (let round = 0; round < 3; round += 1) {
      io.submitDatasync(descriptor);
      await completionsOf(io).then((completions) => t.is(completions[0]?.result, EIO));
    }
    t.is(syncs, 1);
  });

  test(`${name}: an append that fails leaves no hole for the next one`, async (t) => {
    const fileSystem = new SimulatedFileSystem({ plan: failEvery('write', 'ENOSPC', 1) });
    const descriptor = fileSystem.createExclusive('/f');
    const io = create(fileSystem);
    io.registerAppendPosition(descriptor, 0);
    for (const text of ['a', 'b', 'c']) io.submitAppend(descriptor, bytesOf(text));
    const results = (await completionsOf(io)).map(({ result }) => result);
    t.deepEqual(results, [1, -28, -28]);
    t.is(fileSystem.disk.fileBytes('/f').length, 1);
  });

  test(`${name}: a descriptor that is not registered is refused`, (t) => {
    const fileSystem = new SimulatedFileSystem();
    const descriptor = fileSystem.createExclusive('/f');
    const io = create(fileSystem);
    t.throws(() => io.submitAppend(descriptor, bytesOf('a')), { instanceOf: RangeError });
    t.throws(() => io.submitDatasync(descriptor), { instanceOf: RangeError });
    for (const position of [-1, 0.5, NaN, 2 ** 53]) {
      t.throws(() => io.registerAppendPosition(descriptor, position), { instanceOf: RangeError });
    }
  });

  test(`${name}: a crash is thrown, not reported as a failed call`, async (t) => {
    const fileSystem = new SimulatedFileSystem({ plan: crashAt(1) });
    const descriptor = fileSystem.createExclusive('/f');
    const io = create(fileSystem);
    io.registerAppendPosition(descriptor, 0);
    await t.throwsAsync(
      async () => {
        io.submitAppend(descriptor, bytesOf('a'));
        io.submitDatasync(descriptor);
        await io.waitForCompletions();
      },
      { instanceOf: SimulatedCrash },
    );
  });

  test(`${name}: on the real disk, files hold all their appends in order`, async (t) => {
    const fileSystem = realFileSystem();
    const folder = tempDir(t);
    const io = create(fileSystem);
    const files = [0, 1, 2].map((index) => fileSystem.createExclusive(`${folder}/${index}`));
    for (const descriptor of files) io.registerAppendPosition(descriptor, 0);
    for (let round = 0; round < 50; round += 1) {
      for (const descriptor of files) {
        io.submitAppend(descriptor, new Uint8Array(1 + (round % 7)).fill(round));
        if (round % 10 === 9) io.submitDatasync(descriptor);
      }
    }
    const completions = await completionsOf(io);
    t.is(completions.length, 3 * 55);
    t.true(completions.every(({ result }) => result >= 0));
    const expected = Buffer.concat(
      Array.from({ length: 50 }, (_, round) => Buffer.alloc(1 + (round % 7), round)),
    );
    for (const descriptor of files) {
      const found = new Uint8Array(expected.length + 1);
      t.is(fileSystem.read(descriptor, found, 0, found.length, 0), expected.length);
      t.deepEqual(Buffer.from(found.subarray(0, expected.length)), expected);
      fileSystem.close(descriptor);
    }
  });
}

test('the asynchronous one refuses to move a position that is in use', async (t) => {
  const fileSystem = new SimulatedFileSystem();
  const descriptor = fileSystem.createExclusive('/f');
  const io = createAsynchronousStorageIo(fileSystem);
  io.registerAppendPosition(descriptor, 0);
  io.submitAppend(descriptor, bytesOf('a'));
  t.throws(() => io.registerAppendPosition(descriptor, 0), { instanceOf: RangeError });
  await completionsOf(io);
  t.notThrows(() => io.registerAppendPosition(descriptor, 0));
});

test('both back ends do the same to the disk', async (t) => {
  const step = fc.record({ file: fc.nat(2), bytes: fc.option(fc.uint8Array({ maxLength: 9 })) });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 20 }), fc.nat(25), async (steps, failing) => {
      const outcomes = await Promise.all(
        Object.values(BACK_ENDS).map(async (create) => {
          const fileSystem = new SimulatedFileSystem({ plan: failEvery('write', 'EIO', failing) });
          const io = create(fileSystem);
          const files = [0, 1, 2].map((index) => fileSystem.createExclusive(`/${index}`));
          for (const file of files) io.registerAppendPosition(file, 0);
          for (const { file, bytes } of steps) {
            if (bytes === null) io.submitDatasync(files[file]!);
            else io.submitAppend(files[file]!, bytes);
            // One at a time, so that both count the same writes.
            await Promise.resolve();
            await Promise.resolve();
          }
          const completions = await completionsOf(io);
          return { sizes: files.map((file) => fileSystem.statusOf(file).size), count: completions.length };
        }),
      );
      if (outcomes[1]!.count !== steps.length) throw new Error('not each submission ended once');
      if (String(outcomes[0]!.sizes) !== String(outcomes[1]!.sizes)) throw new Error('they differ');
    }),
    { numRuns: 500 },
  );
  t.pass();
});
