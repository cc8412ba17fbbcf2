import test from 'ava';
import type { FileSystem } from '../../../src/engine/storage-io/interface/file-system.js';
import { isStatelogError } from '../../../src/engine/errors.js';
import {
  exploreCrashesInPlace,
  failAt,
  SimulatedDisk,
  SimulatedFileSystem,
} from '../../simulated-disk/index.js';
import { exported, HISTORIES, importNew, onto, standing, type Step } from './increment-works.js';

const FIRST: readonly Step[] = Array.from({ length: 8 }, (_, index) => [
  `key ${index}`,
  'v'.repeat(index * 40),
]);
const SECOND: readonly Step[] = [
  ['key 1', undefined],
  ['key 2', 'another'],
  ['new', 'n'.repeat(3000)],
  ['last', ''],
];

for (const [kind, { create, write }] of Object.entries(HISTORIES)) {
  const [source, copy] =
    kind === 'log' ? ['/from/source.snap', '/to/copy.snap'] : ['/from/source', '/to/copy'];

  /** A source that went on, a copy that stands where it was, and the increment between. */
  const prepared = async () => {
    const disk = new SimulatedDisk();
    for (const folder of ['/from', '/to', '/tmp']) disk.plantFile(`${folder}/neighbour`, Uint8Array.of(1));
    const fileSystem = new SimulatedFileSystem({ disk });
    create(source, fileSystem);
    await write(source, FIRST, 1, fileSystem);
    const scratchBeside = '/tmp/scratch';
    await importNew(exported(source, { fileSystem, scratchBeside }), copy, fileSystem);
    const base = standing(copy, fileSystem);
    await write(source, SECOND, 2, fileSystem);
    const increment = exported(source, { fileSystem, scratchBeside, since: '1' });
    return { disk, increment, base, end: standing(source, fileSystem) };
  };

  test(`a power loss while an increment goes onto a ${kind} leaves it where it was or at the end, and it can be run again`, async (t) => {
    const { disk, increment, base, end } = await prepared();
    const unmoved: FileSystem[] = [];
    const report = await exploreCrashesInPlace({
      disk,
      book: () => ({ acknowledged: false }),
      run: async (fileSystem, book) => {
        await onto(increment, copy, fileSystem);
        book.acknowledged = true;
      },
      check: ({ fileSystem }, book) => {
        const found = standing(copy, fileSystem);
        if (found !== end && (found !== base || book.acknowledged)) throw new Error(`it stands at ${found}`);
        if (found === base) unmoved.push(fileSystem);
      },
      options: { samples: 8, tears: 'none' },
    });
    t.true(report.images > 10 && unmoved.length > 0);
    for (const fileSystem of unmoved.filter((_, index) => index % 10 === 0)) {
      await onto(increment, copy, fileSystem);
      t.is(standing(copy, fileSystem), end);
    }
  });

  test(`any call that fails while an increment goes onto a ${kind} leaves it where it was or at the end`, async (t) => {
    const { disk: before, increment, base, end } = await prepared();
    const counting = new SimulatedFileSystem({ disk: before.clone() });
    await onto(increment, copy, counting);
    for (let index = 0; index < counting.operationCount; index++) {
      const when = index % 2 === 0 ? 'before' : 'after';
      const disk = before.clone();
      const fileSystem = new SimulatedFileSystem({ disk, plan: failAt(index, 'EIO', when) });
      let acknowledged = true;
      try {
        await onto(increment, copy, fileSystem);
      } catch (error) {
        if (!isStatelogError(error)) throw error;
        acknowledged = false;
      }
      t.deepEqual(fileSystem.openPaths, [], `call ${index}: a file stays open`);
      const found = standing(copy, new SimulatedFileSystem({ disk }));
      t.true(found === end || (!acknowledged && found === base), `call ${index}: ${found}`);
    }
  });
}
