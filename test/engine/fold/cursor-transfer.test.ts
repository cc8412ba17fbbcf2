import { writeFileSync } from 'node:fs';
import path from 'node:path';
import test from 'ava';
import fc from 'fast-check';
import { AppendLogSnapshot } from '../../../src/engine/artifact/backends/append-log-snapshot.js';
import { toHex } from '../../../src/engine/bytes/text/text.js';
import { AppendLogFold } from '../../../src/engine/fold/store/append-log-fold.js';
import { commandLine, type CommandLineResult } from '../../support/command-line.js';
import { tempDir } from '../../support/temp-dir.js';
import { writtenLog } from './cursor-log.js';
import { showStore, steps } from './cursor-workload.js';

function shown(file: string): string {
  const { store } = AppendLogFold.load(file);
  const text = showStore(store);
  store.close();
  return text;
}

async function run(
  argv: readonly string[],
  exitCode = 0,
  input: Uint8Array[] = [],
): Promise<CommandLineResult> {
  const result = await commandLine(argv, { input });
  if (result.exitCode === exitCode) return result;
  throw new Error(`${argv.join(' ')} ended with ${result.exitCode} and not ${exitCode}: ${result.stderr}`);
}

test('an artifact, its tar and NDJSON bring back the entries, the cursor and its memo', async (t) => {
  const folder = tempDir(t);
  let runs = 0;
  await fc.assert(
    fc.asyncProperty(steps, async (steps) => {
      const log = writtenLog(steps);
      const file = path.join(folder, `${runs++}.snap`);
      writeFileSync(file, log.bytes);
      const { store } = AppendLogSnapshot.load(file);
      const manifest = store.exportTo(`${file}.tar`, { form: 'tar' });
      const sameCursor = toHex(manifest.cursor.toBytes()) === store.cursor.toHex();
      store.close();
      AppendLogSnapshot.import(`${file}.tar`, `${file}.of-tar`).store.close();
      await run(['export', file, `${file}.out`]);
      await run(['import', `${file}.out`, `${file}.of-folder`]);
      const { stdoutBytes } = await run(['export', file, '-', '--as', 'ndjson']);
      await run(['import', '-', `${file}.of-lines`], 0, [stdoutBytes]);
      const back = ['tar', 'folder', 'lines'].map((form) => shown(`${file}.of-${form}`));
      return sameCursor && back.every((text) => text === log.states.at(-1));
    }),
    { numRuns: 15 },
  );
  t.is(runs, 15);
});

test('repair --into keeps the last cursor with its memo, and every record but the one that rotted', async (t) => {
  const folder = tempDir(t);
  let runs = 0;
  await fc.assert(
    fc.asyncProperty(steps, fc.nat(), fc.nat(7), async (steps, at, bit) => {
      const log = writtenLog(steps);
      const { lastCursor } = log;
      fc.pre(lastCursor !== undefined && lastCursor.start > 6);
      const bytes = log.bytes.slice();
      const flippedAt = 6 + (at % (lastCursor.start - 6));
      bytes[flippedAt]! ^= 1 << bit;
      const file = path.join(folder, `${runs++}.snap`);
      writeFileSync(file, bytes);
      await run(['verify', file], 3);
      // A length that alone is wrong is put right: nothing is lost then.
      const { exitCode } = await commandLine(['repair', file, '--into', `${file}.new`]);
      if (exitCode !== 0) t.is(exitCode, 3);
      await run(['verify', `${file}.new`]);
      const whole = log.records
        .filter(({ offset, length }) => exitCode === 0 || flippedAt < offset || flippedAt >= offset + length)
        .map(({ offset, length }) => log.bytes.subarray(offset, offset + length));
      const expected = path.join(folder, `${runs}.expected`);
      writeFileSync(expected, Buffer.concat([log.bytes.subarray(0, 6), ...whole]));
      return shown(`${file}.new`) === shown(expected);
    }),
    { numRuns: 15 },
  );
  t.true(runs >= 15);
});
