import { cpSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { crc32c } from '../../../src/engine/bytes/crc/checksum.js';
import { toUtf8 } from '../../../src/engine/bytes/text/text.js';
import { decodeManifest, encodeManifest } from '../../../src/engine/directory/manifest/manifest.js';
import { BLOCK } from '../../../src/engine/state/format/index-block.js';
import { INDEX_HEADER_BYTES } from '../../../src/engine/state/format/format.js';
import { StateDirectory } from '../../../src/engine/directory/state-directory.js';
import { repairPath } from '../../../src/engine/repair/repair-path.js';
import type { RepairSummary } from '../../../src/engine/repair/account/report.js';
import { commandLine } from '../../support/command-line.js';
import { tempDir } from '../../support/temp-dir.js';

const EPOCHS = 4;
const KEYS = 40;

/** A store of two cores in which every key has its epoch for a value. */
async function storeIn(t: ExecutionContext, keysOf = (_epoch: number) => KEYS): Promise<string> {
  const root = path.join(tempDir(t), 'store');
  StateDirectory.create(root, { keep: 3, cores: 2 });
  const store = await StateDirectory.open(root);
  for (let epoch = 1; epoch <= EPOCHS; epoch++) {
    for (let key = 0; key < keysOf(epoch); key++) store.put(toUtf8(`key ${key}`), toUtf8(`epoch ${epoch}`));
    await store.sync();
    if (epoch < EPOCHS) await store.checkpoint();
  }
  store.close();
  return root;
}

/** Repairs a store: every key must have its newest value, and as many must have been counted. */
async function allAreKept(t: ExecutionContext, root: string): Promise<RepairSummary> {
  const into = `${root}-into`;
  const steps = repairPath({ path: root, into });
  let step = await steps.next();
  while (step.done !== true) step = await steps.next();
  const store = StateDirectory.openReadOnly(into);
  const values: string[] = [];
  store.forEachEntry((_, value) => values.push(new TextDecoder().decode(value)));
  store.close();
  t.deepEqual(
    values,
    Array.from({ length: KEYS }, () => `epoch ${EPOCHS}`),
  );
  t.is(step.value.kept.keys, KEYS);
  return step.value;
}

type Manifest = ReturnType<typeof decodeManifest>;

function changeManifest(root: string, how: (manifest: Manifest) => Manifest): void {
  const file = path.join(root, 'MANIFEST.json');
  writeFileSync(file, encodeManifest(how(decodeManifest(readFileSync(file), file))));
}

/** The manifest with another number for where the first core's log goes on behind its `index`th checkpoint. */
function withNextSequence({ checkpoints, ...rest }: Manifest, index: number, nextSequence: bigint): Manifest {
  const cores = checkpoints[index]!.cores.map((core, id) => (id === 0 ? { ...core, nextSequence } : core));
  return { ...rest, checkpoints: checkpoints.with(index, { ...checkpoints[index]!, cores }) };
}

test('a manifest that knows fewer cores than there are indexes of is not believed', async (t) => {
  const root = await storeIn(t);
  changeManifest(root, (manifest) => ({
    ...manifest,
    cores: 1,
    checkpoints: manifest.checkpoints.map((entry) => ({ ...entry, cores: entry.cores.slice(0, 1) })),
  }));
  await allAreKept(t, root);
});

test('a manifest that knows more cores than there are files of, and is older than them, costs nothing of what is there', async (t) => {
  const root = await storeIn(t);
  changeManifest(root, (manifest) => ({
    ...manifest,
    cores: 3,
    checkpoints: manifest.checkpoints
      .slice(0, 1)
      .map((entry) => ({ ...entry, cores: [...entry.cores, entry.cores[0]!] })),
  }));
  const { isWhole } = await allAreKept(t, root);
  t.false(isWhole);
});

test('a manifest that says that a log went back, or began later than it goes on, is not believed', async (t) => {
  for (const index of [0, 1, 2]) {
    const root = await storeIn(t);
    changeManifest(root, (manifest) => withNextSequence(manifest, index, 100_000n));
    await allAreKept(t, root);
  }
});

test('a copy of a checkpoint in the folder of an epoch that nothing else speaks of makes none', async (t) => {
  const root = await storeIn(t);
  rmSync(path.join(root, 'MANIFEST.json'));
  cpSync(path.join(root, 'checkpoints/1'), path.join(root, 'checkpoints/7'), { recursive: true });
  await allAreKept(t, root);
  t.false(readdirSync(`${root}-into/checkpoints`).includes('7'));
});

test('a segment that was split into parts gives back what lies whole in each, wherever that begins', async (t) => {
  const root = await storeIn(t);
  for (const core of [0, 1]) {
    const segment = path.join(root, `wal/${EPOCHS}/wal-${core}.log`);
    const bytes = readFileSync(segment);
    mkdirSync(`${root}-parts`, { recursive: true });
    renameSync(segment, path.join(`${root}-parts`, `wal-${core}.log`));
    // Each part but the first begins with the last bytes of the record before it, and that record stands whole in the part before.
    const middle = bytes.length - (bytes.length % 16) - 8 * 40;
    writeFileSync(`${segment}.aa`, bytes.subarray(0, middle));
    writeFileSync(`${segment}.ab`, bytes.subarray(middle - 24));
  }
  const into = `${root}-into`;
  const steps = repairPath({ path: root, into });
  let step = await steps.next();
  while (step.done !== true) step = await steps.next();
  // At most the record at the edge of each core's parts is lost.
  t.true(step.value.lost.records <= 2);
  t.is(step.value.kept.keys, KEYS);
});

test('a closed log that is longer than the manifest says, such as that of another store, does not keep the next one from being numbered on', async (t) => {
  const root = await storeIn(t);
  const other = await storeIn(t, (epoch) => (epoch === 1 ? KEYS - 4 : KEYS + 20));
  for (const name of ['wal-0.log', 'wal-1.log'])
    cpSync(path.join(other, 'wal/2', name), path.join(root, 'wal/2', name));
  await allAreKept(t, root);
});

/** Changes the block of an index, under a checksum that fits. */
function forgeIndex(file: string, how: (block: DataView) => void): void {
  const bytes = readFileSync(file);
  const block = bytes.subarray(INDEX_HEADER_BYTES, INDEX_HEADER_BYTES + bytes.readUInt32LE(12));
  const view = new DataView(block.buffer, block.byteOffset, block.length);
  how(view);
  view.setUint32(BLOCK.crc, crc32c(block, BLOCK.checkedFrom), true);
  writeFileSync(file, bytes);
}

test('an index that says a core, or an epoch, of which nothing else speaks makes none, though its checksum fits', async (t) => {
  const forgeries: ((block: DataView) => void)[] = [
    (block) => {
      block.setUint16(BLOCK.coreId, 31, true);
    },
    (block) => {
      block.setBigUint64(BLOCK.epoch, 2n ** 63n, true);
    },
  ];
  for (const forge of forgeries) {
    const root = await storeIn(t);
    forgeIndex(path.join(root, 'checkpoints/2/state-0.idx'), forge);
    const { gaps } = await allAreKept(t, root);
    t.true(gaps < 3, `${gaps} gaps`);
  }
});

test('a checkpoint of a later moment than all logs is numbered on from those that are there', async (t) => {
  const root = await storeIn(t);
  for (const name of ['MANIFEST.json', `wal/${EPOCHS}`]) rmSync(path.join(root, name), { recursive: true });
  renameSync(path.join(root, 'checkpoints/3'), path.join(root, 'checkpoints/9'));
  for (const core of [0, 1]) {
    forgeIndex(path.join(root, `checkpoints/9/state-${core}.idx`), (block) => {
      block.setBigUint64(BLOCK.epoch, 9n, true);
    });
  }
  const steps = repairPath({ path: root, into: `${root}-into` });
  let step = await steps.next();
  while (step.done !== true) step = await steps.next();
  t.is(step.value.kept.keys, KEYS);
});

test('how much a log had that is gone, and that was never closed, nobody knows: no number is told', async (t) => {
  const root = await storeIn(t);
  for (const name of ['CLOSED', `wal/${EPOCHS}/wal-1.log`]) rmSync(path.join(root, name));
  const verified = await commandLine(['verify', root]);
  t.is(verified.exitCode, 3);
  t.regex(verified.stdout, /lost: an unknown number of records, from sequence \d+ on, .*of core 1/);
  const repaired = await commandLine(['repair', root, '--into', `${root}-into`]);
  t.is(repaired.exitCode, 3);
  t.regex(repaired.stdout, /; lost an unknown number of records, 0 bytes/);
});
