import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import test from 'ava';
import fc from 'fast-check';
import { isStatelogError } from '../../../src/engine/errors.js';
import { AppendLogFold } from '../../../src/engine/fold/store/append-log-fold.js';
import { SimulatedDisk, SimulatedFileSystem } from '../../simulated-disk/index.js';
import { commandLine } from '../../support/command-line.js';
import { tempDir } from '../../support/temp-dir.js';
import { showsNothingNew, unknownCursor, wholeRecords, withBytesBefore, writtenLog } from './cursor-log.js';
import { LOG, change, memoOf, showStore, steps } from './cursor-workload.js';

/** Where in a range, from its start (0) to its end (1, which is not in it). */
const place = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
const unfinished = fc.array(change, { maxLength: 3 });

/** What a reader and then a writer make of these bytes, and what is left in the folder. */
function openBytes(bytes: Uint8Array): { read: string; written: string; log: Uint8Array; names: string[] } {
  const disk = new SimulatedDisk();
  disk.plantFile(LOG, bytes);
  const fileSystem = new SimulatedFileSystem({ disk });
  const shown = (open: () => AppendLogFold): string => {
    try {
      const store = open();
      const text = showStore(store);
      store.close();
      return text;
    } catch (error) {
      if (!isStatelogError(error)) throw error;
      return error.code;
    }
  };
  const read = shown(() => AppendLogFold.load(LOG, { fileSystem }).store);
  const written = shown(() => AppendLogFold.open(LOG, Infinity, { fileSystem, compactOnOpen: false }).store);
  const names = fileSystem.readDirectory('/store').map(String);
  return { read, written, log: disk.fileBytes(LOG), names };
}

const REFUSED = new Set(['DAMAGED', 'UNKNOWN_FORMAT', 'UNSUPPORTED_VERSION']);

/** True where neither a reader nor a writer takes the bytes, and nothing was changed or made. */
function isRefused(bytes: Uint8Array, codes: ReadonlySet<string> = REFUSED): boolean {
  const { read, written, log, names } = openBytes(bytes);
  const isUntouched = Buffer.compare(log, bytes) === 0 && names.length === 1;
  return codes.has(read) && codes.has(written) && isUntouched;
}

test('a bit that flips before the last cursor is damage, and nothing is cut', (t) => {
  fc.assert(
    fc.property(steps, unfinished, place, fc.nat(7), (steps, unfinished, at, bit) => {
      const log = writtenLog(steps, unfinished);
      fc.pre(log.lastCursor !== undefined);
      // A last cursor that nothing follows cannot be told from one that was torn.
      const end = unfinished.length > 0 ? log.lastCursor.end : log.lastCursor.start;
      const bytes = log.bytes.slice();
      bytes[Math.floor(at * end)]! ^= 1 << bit;
      return isRefused(bytes) && showsNothingNew(bytes, log);
    }),
    { numRuns: 250 },
  );
  t.pass();
});

test('a hole of zeros before the last cursor is damage; one that reaches the end leaves what came before it', (t) => {
  fc.assert(
    fc.property(steps, unfinished, place, place, (steps, unfinished, from, length) => {
      const log = writtenLog(steps, unfinished);
      fc.pre(log.lastCursor !== undefined);
      const start = Math.floor(from * log.lastCursor.start);
      const end = start + 1 + Math.floor(length * (log.lastCursor.start - start));
      const bytes = log.bytes.slice().fill(0, start, Math.min(end, log.lastCursor.start));
      const isHole = Buffer.compare(bytes, log.bytes) !== 0;
      const toEnd = log.bytes.slice().fill(0, Math.max(start, 6));
      const { read, written } = openBytes(toEnd);
      const isBeginning = log.states.slice(0, wholeRecords(log, toEnd.length) + 1).includes(read);
      return (
        (!isHole || (isRefused(bytes) && showsNothingNew(bytes, log))) &&
        showsNothingNew(toEnd, log) &&
        written === read &&
        (isBeginning || isRefused(toEnd))
      );
    }),
    { numRuns: 200 },
  );
  t.pass();
});

test('a log that is cut anywhere opens with the records before the cut, and keeps what was cut beside it', (t) => {
  fc.assert(
    fc.property(steps, unfinished, place, (steps, unfinished, at) => {
      const log = writtenLog(steps, unfinished);
      const size = 6 + Math.floor(at * (log.bytes.length - 5));
      const bytes = log.bytes.slice(0, size);
      const { read, written, names } = openBytes(bytes);
      const whole = wholeRecords(log, size);
      const end = whole === 0 ? 6 : log.records[whole - 1]!.offset + log.records[whole - 1]!.length;
      const hasCopy = bytes.subarray(end).some((byte) => byte !== 0);
      return read === log.states[whole] && written === read && names.length === (hasCopy ? 2 : 1);
    }),
    { numRuns: 200 },
  );
  t.pass();
});

/** Cursors of lengths, and memos with flags, that no known release writes. */
const unknown = fc
  .oneof(
    fc.uint8Array({ minLength: 11, maxLength: 40 }),
    fc
      .tuple(fc.uint8Array({ maxLength: 10 }), fc.integer({ min: 4, max: 255 }))
      .map(([version, flags]) => memoOf(version, false, undefined).with(11, flags)),
    fc.uint8Array({ maxLength: 10 }).map((version) => memoOf(version, true, new Uint8Array(8))),
  )
  .map(unknownCursor)
  .filter((record) => record !== undefined);

test('a cursor of another release is never cut, wherever it stands and whatever is around it', (t) => {
  const around = fc.constantFrom('nothing', 'torn behind', 'torn before', 'flipped before');
  fc.assert(
    fc.property(
      steps,
      unfinished,
      unknown,
      around,
      place,
      fc.nat(),
      (steps, unfinished, record, around, at, by) => {
        const log = writtenLog(steps, unfinished);
        const last = log.records.at(-1);
        fc.pre(last !== undefined);
        const content = log.bytes.slice(last.offset, last.offset + last.length);
        const part = content.slice(0, 1 + (by % (content.length - 1)));
        if (around === 'torn before' || around === 'flipped before') {
          const flipped = content.with(
            (by >>> 3) % content.length,
            content[(by >>> 3) % content.length]! ^ (1 << (by & 7)),
          );
          const bad = around === 'torn before' ? part : flipped;
          return isRefused(withBytesBefore(log, log.records.length, Uint8Array.from([...bad, ...record])));
        }
        const bytes = withBytesBefore(log, Math.floor(at * (log.records.length + 1)), record);
        const whole = around === 'nothing' ? bytes : Uint8Array.from([...bytes, ...part]);
        return isRefused(whole, new Set(['UNSUPPORTED_VERSION']));
      },
    ),
    { numRuns: 300 },
  );
  t.pass();
});

test('every command says 7 of a cursor of another release among others, and leaves the log as it is', async (t) => {
  const folder = tempDir(t);
  let runs = 0;
  await fc.assert(
    fc.asyncProperty(steps, unfinished, unknown, place, async (steps, unfinished, record, at) => {
      const written = writtenLog(steps, unfinished);
      const bytes = withBytesBefore(written, Math.floor(at * (written.records.length + 1)), record);
      const file = path.join(folder, `${runs++}.snap`);
      writeFileSync(file, bytes);
      for (const argv of [
        ['get', file, 'a'],
        ['verify', file],
        ['put', file, 'k', 'v'],
        ['checkpoint', file, '--cursor', '4096'],
        ['compact', file],
        ['repair', file],
        ['repair', file, '--into', `${file}.new`],
        ['export', file, `${file}.out`],
        ['import', file, `${file}.in`],
      ]) {
        const { exitCode, stderr } = await commandLine(argv);
        if (exitCode !== 7) throw new Error(`${argv[0]} ended with ${exitCode}: ${stderr}`);
        if (Buffer.compare(readFileSync(file), bytes) !== 0) throw new Error(`${argv[0]} changed the log`);
      }
    }),
    { numRuns: 12 },
  );
  t.is(runs, 12);
});
