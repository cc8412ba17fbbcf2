import test from 'ava';
import { headerBytes } from '../../../src/engine/fold/format/header.js';
import { repairPath } from '../../../src/engine/repair/repair-path.js';
import type { RepairEvent, RepairSummary } from '../../../src/engine/repair/account/report.js';
import { FoldScanner } from '../../../src/engine/fold/scan/scanner.js';
import { PUT_TYPE } from '../../../src/engine/fold/format/format.js';
import { SimulatedDisk, SimulatedFileSystem } from '../../simulated-disk/index.js';
import { cursorRecord, logOf, putRecord } from '../fold/log-bytes.js';

/* Fold logs that `cat` put one behind the other: the older never brings its values back. */

const OLD = logOf(putRecord('a', '1'), putRecord('b', '1'), cursorRecord(5n));
const NEW = join(OLD, putRecord('a', '2'), putRecord('c', '2'), cursorRecord(9n));
/** As a compaction leaves it: nothing of its bytes is as in the others. */
const COMPACT = logOf(putRecord('a', '2'), putRecord('c', '2'), cursorRecord(9n));
const UNTOLD = logOf(putRecord('a', '3'));

function join(...parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

interface Repaired {
  readonly events: RepairEvent[];
  readonly summary: RepairSummary;
  readonly content: Readonly<Record<string, string>>;
}

async function repaired(source: Uint8Array, dryRun = false): Promise<Repaired> {
  const disk = new SimulatedDisk();
  disk.plantFile('/joined.snap', source);
  const fileSystem = new SimulatedFileSystem({ disk });
  const steps = repairPath({ fileSystem, path: '/joined.snap', into: '/new.snap', dryRun });
  const events: RepairEvent[] = [];
  let step = await steps.next();
  for (; step.done !== true; step = await steps.next()) events.push(step.value);
  return { events, summary: step.value, content: dryRun ? {} : contentOf(fileSystem) };
}

function contentOf(fileSystem: SimulatedFileSystem): Record<string, string> {
  const descriptor = fileSystem.openRead('/new.snap');
  const { size } = fileSystem.statusOf(descriptor);
  const scanner = new FoldScanner({ fileSystem, descriptor, path: '/new.snap', size });
  const content: Record<string, string> = {};
  const text = new TextDecoder();
  for (let step = scanner.next(); step === 'record'; step = scanner.next()) {
    const { record } = scanner;
    if (record.type === PUT_TYPE) content[text.decode(record.key())] = text.decode(record.value());
  }
  fileSystem.close(descriptor);
  return content;
}

const NEWEST = { a: '2', b: '1', c: '2' };

for (const [what, source] of Object.entries({
  doubled: join(NEW, NEW),
  'behind an older one of it': join(OLD, NEW),
  'before an older one of it': join(NEW, OLD),
  'between two of it': join(OLD, NEW, OLD),
})) {
  test(`a log ${what} comes out whole, as it was last`, async (t) => {
    const { summary, content } = await repaired(source);
    t.deepEqual(content, NEWEST);
    t.true(summary.isWhole);
    t.deepEqual([summary.lost.records, summary.lost.bytes, summary.lost.keys], [0, 0, 0]);
    t.true((await repaired(source, true)).summary.isWhole);
  });
}

test('a log that is older by its cursor is left out, and said to be', async (t) => {
  const { events, summary, content } = await repaired(join(COMPACT, OLD));
  t.deepEqual(content, { a: '2', c: '2' });
  t.false(summary.isWhole);
  const [told] = events.flatMap((event) => ('finding' in event ? [event.finding] : []));
  t.is(told?.class, 'time-backwards');
  t.is(summary.lost.bytes, OLD.length);
});

test('where nothing tells which log is the newer, the repair says so, and calls nothing whole', async (t) => {
  const { summary, content } = await repaired(join(COMPACT, UNTOLD));
  t.deepEqual(content, { a: '3', c: '2' });
  t.false(summary.isWhole);
  t.true(summary.mayBeOlder);
  t.is(summary.lost.bytes, 0);
});

test('an older log behind one whose last record was cut is left out, and only that record is lost', async (t) => {
  const cut = join(OLD, putRecord('a', '2'), putRecord('c', '2'), putRecord('d', '2').subarray(0, -3));
  const { summary, content } = await repaired(join(cut, OLD));
  t.deepEqual(content, NEWEST);
  t.is(summary.lost.records, 1);
});

test('the records that went with a header are counted as lost', async (t) => {
  const { summary, content } = await repaired(OLD.subarray(headerBytes().length + 4));
  t.deepEqual(content, { b: '1' });
  t.is(summary.lost.records, 1);
  t.false(summary.lost.areKeysExact);
});
