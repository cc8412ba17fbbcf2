import test from 'ava';
import fc from 'fast-check';
import { DELETE_TYPE, CURSOR_TYPE } from '../../../src/engine/fold/format/format.js';
import { FoldScanner } from '../../../src/engine/fold/scan/scanner.js';
import { repairPath } from '../../../src/engine/repair/repair-path.js';
import type { RepairEvent } from '../../../src/engine/repair/account/report.js';
import { SimulatedDisk, SimulatedFileSystem } from '../../simulated-disk/index.js';
import { cursorRecord, deleteRecord, logOf, putRecord } from '../fold/log-bytes.js';
import { memoryFile } from '../fold/scan.js';

const BLOCK = 4096;
const KEYS = 40;
const CHANGES = 900;

/** A log as a watcher appends it: each change has the revision behind that of the one before. */
function watchedLog(hasRevisions: boolean): Uint8Array {
  const parts = [cursorRecord()];
  for (let revision = 1; revision <= CHANGES; revision++) {
    const version = hasRevisions ? BigInt(revision) : undefined;
    const key = `key${(revision * 7) % KEYS}`;
    parts.push(
      revision % 11 === 0 ? deleteRecord(key, version) : putRecord(key, `value ${revision}`, version),
    );
    if (revision % 50 === 0) parts.push(cursorRecord(version));
  }
  return logOf(...parts);
}

const WATCHED = watchedLog(true);
const BLOCKS = Math.floor(WATCHED.length / BLOCK);

/** The same with two of its blocks exchanged. */
function exchanged(log: Uint8Array, one: number, other: number): Uint8Array {
  const made = log.slice();
  made.set(log.subarray(other * BLOCK, (other + 1) * BLOCK), one * BLOCK);
  made.set(log.subarray(one * BLOCK, (one + 1) * BLOCK), other * BLOCK);
  return made;
}

type Content = Map<string, { readonly version: string; readonly value: string | undefined }>;

/** What the good records of a log say: the last of each key, or the newest by its version. */
function contentOf(bytes: Uint8Array, which: 'last' | 'newest'): Content {
  const content: Content = new Map();
  const log = { fileSystem: memoryFile(bytes), descriptor: 0, path: 'memory', size: bytes.length };
  const scanner = new FoldScanner(log, { tornTail: 'show' });
  for (let step = scanner.next(); step !== 'end'; step = scanner.next()) {
    const { record } = scanner;
    if (step !== 'record' || record.type === CURSOR_TYPE) continue;
    const [key, version] = [Buffer.from(record.key()).toString(), record.token().toHex()];
    if (which === 'newest' && (content.get(key)?.version ?? '') > version) continue;
    const value = record.type === DELETE_TYPE ? undefined : Buffer.from(record.value()).toString();
    content.set(key, { version, value });
  }
  return content;
}

async function repaired(log: Uint8Array) {
  const disk = new SimulatedDisk();
  disk.plantFile('/source/a.snap', log);
  disk.plantFile('/new/neighbour', Uint8Array.of(1));
  const fileSystem = new SimulatedFileSystem({ disk });
  const steps = repairPath({ fileSystem, path: '/source/a.snap', into: '/new/made.snap' });
  const events: RepairEvent[] = [];
  let step = await steps.next();
  for (; step.done !== true; step = await steps.next()) events.push(step.value);
  const descriptor = fileSystem.openRead('/new/made.snap');
  const made = new Uint8Array(fileSystem.statusOf(descriptor).size);
  fileSystem.read(descriptor, made, 0, made.length, 0);
  const findings = events.flatMap((event) => ('finding' in event ? [event.finding] : []));
  return { made, findings, summary: step.value };
}

const twoBlocks = fc.uniqueArray(fc.integer({ min: 1, max: BLOCKS - 1 }), { minLength: 2, maxLength: 2 });

test('of a fold log whose blocks were exchanged each key has the newest change that is left of it', async (t) => {
  await fc.assert(
    fc.asyncProperty(twoBlocks, async ([one, other]) => {
      const log = exchanged(WATCHED, one!, other!);
      const { made, findings, summary } = await repaired(log);
      t.deepEqual(contentOf(made, 'last'), contentOf(log, 'newest'));
      t.true(findings.some((finding) => finding.class === 'time-backwards'));
      t.false(summary.isWhole);
    }),
    { numRuns: 30 },
  );
});

test('versions that go back without damage, in a bucket that was made anew, are left as they are', async (t) => {
  const again = [1n, 2n, 3n].map((revision) => putRecord(`key${revision}`, `again ${revision}`, revision));
  const log = logOf(WATCHED.subarray(6), ...again, cursorRecord(3n));
  const { made } = await repaired(log);
  t.deepEqual(contentOf(made, 'last'), contentOf(log, 'last'));
});

test('where no version tells whether blocks were exchanged, that is said', async (t) => {
  const log = watchedLog(false);
  const warned = await repaired(exchanged(log, 1, 3));
  t.true(
    warned.findings.some(
      ({ class: kind, message }) => kind === 'unchecked' && message.includes('older values'),
    ),
  );
  log.fill(0xee, 5000, 5100);
  const plain = await repaired(log);
  t.false(plain.findings.some((finding) => finding.class === 'unchecked'));
});

test('of a hole that held many records it is not said that it held one', async (t) => {
  const log = WATCHED.slice();
  log.fill(0, 8192, 12_288);
  const { summary } = await repaired(log);
  t.false(summary.lost.isExact);
  const flipped = WATCHED.slice();
  flipped[5000]! ^= 1;
  const one = await repaired(flipped);
  t.like(one.summary.lost, { records: 1, isExact: true });
});
