import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import test from 'ava';
import fc from 'fast-check';
import { StateDirectory } from '../../../src/engine/directory/state-directory.js';
import { commandLine } from '../../support/command-line.js';
import { tempDir } from '../../support/temp-dir.js';
import { joined, recordOf, entryOf } from '../wal/segment-builder.js';
import { toUtf8 } from '../../../src/engine/bytes/text/text.js';

/** Records of ours: of one run of the writer, `from` to `to`, of a time. */
function run(from: number, to: number, second: bigint, mark: string): Uint8Array {
  const pieces = Array.from({ length: to - from }, (_, index) => {
    const sequence = BigInt(from + index);
    const value = toUtf8(`${mark} ${sequence}`);
    const operation = { op: 'put', key: toUtf8(`key ${sequence}`), value } as const;
    return recordOf(
      entryOf({ sequence, operation, lag: 0, timestampNs: second * 1_000_000_000n + BigInt(index) }),
    );
  });
  return joined(...pieces);
}

async function repaired(folder: string, bytes: Uint8Array): Promise<{ values: string[]; classes: string[] }> {
  const [source, into] = [path.join(folder, 'wal-0.log'), path.join(folder, 'into.log')];
  writeFileSync(source, bytes);
  const { stdout } = await commandLine(['repair', source, '--into', into, '--json']);
  const classes = stdout
    .trimEnd()
    .split('\n')
    .flatMap((line) => {
      const { finding } = JSON.parse(line) as { finding?: { class: string } };
      return finding === undefined ? [] : [finding.class];
    });
  if (readFileSync(into).length === 0) throw new Error('nothing was kept');
  const replayed = await commandLine(['wal-replay', into, '--json']);
  const values = replayed.stdout
    .trimEnd()
    .split('\n')
    .flatMap((line) => {
      const { value } = JSON.parse(line) as { value?: string };
      return value === undefined ? [] : [value];
    });
  return { values, classes };
}

function marked(mark: string, from: number, to: number): string[] {
  return Array.from({ length: to - from }, (_, index) => `${mark} ${from + index}`);
}

const NEW_THEN_OLD = joined(run(0, 10, 2_000n, 'new'), run(10, 15, 1_000n, 'old'));

test('the tail of an older run behind a newer one in a store is set apart, and never applied as new', async (t) => {
  const folder = tempDir(t);
  const [store, into] = [path.join(folder, 'store'), path.join(folder, 'into')];
  StateDirectory.create(store, { cores: 1 });
  writeFileSync(path.join(store, 'wal/1/wal-0.log'), NEW_THEN_OLD);
  const { exitCode, stdout } = await commandLine(['repair', store, '--into', into]);
  t.is(exitCode, 3);
  t.regex(stdout, /time-backwards/);
  t.is((await commandLine(['scan', into, '--count'])).stdout, '10\n');
});

test('in a segment by itself, whose records may have been appended with any times, they are kept', async (t) => {
  const { values, classes } = await repaired(tempDir(t), NEW_THEN_OLD);
  t.deepEqual(values, [...marked('new', 0, 10), ...marked('old', 10, 15)]);
  t.deepEqual(classes, []);
});

/** One stretch of a loose segment: how the clock was set before it, and whether numbers begin anew. */
const anyStretch = fc.record({
  records: fc.integer({ min: 1, max: 4 }),
  second: fc.bigInt({ min: 1n, max: 6n }),
  begins: fc.boolean(),
  epoch: fc.integer({ min: 0, max: 1 }),
});

test('verify and repair agree on whether a segment by itself is good, and repair then keeps it as it is', async (t) => {
  const folder = tempDir(t);
  const source = path.join(folder, 'wal-0.log');
  let good = 0;
  let count = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.boolean(),
      fc.array(anyStretch, { minLength: 1, maxLength: 5 }),
      async (isOurs, stretches) => {
        const pieces: Uint8Array[] = [];
        let sequence = 0n;
        let epoch = 1n;
        for (const [index, { records, second, begins, epoch: step }] of stretches.entries()) {
          if (begins) sequence = 0n;
          epoch += BigInt(step);
          for (let record = 0; record < records; record++, sequence++) {
            const timestampNs = second * 1_000_000_000n + BigInt(record);
            const operation = { op: 'put', key: toUtf8(`${index} ${record}`), value: toUtf8('v') } as const;
            const lag = isOurs ? 0 : undefined;
            pieces.push(recordOf(entryOf({ sequence, epoch, operation, lag, timestampNs })));
          }
        }
        writeFileSync(source, joined(...pieces));
        const into = path.join(folder, `into-${count++}.log`);
        const verified = await commandLine(['verify', source, '-q']);
        const mended = await commandLine(['repair', source, '--into', into]);
        if (verified.exitCode !== 0) {
          t.true(verified.exitCode === 4 || mended.exitCode === 3, mended.stdout + mended.stderr);
          return;
        }
        good += 1;
        t.is(mended.exitCode, 0, mended.stdout);
        t.deepEqual(readFileSync(into), readFileSync(source));
      },
    ),
    { numRuns: 150 },
  );
  t.true(good > 10, String(good));
});

test('where two runs have the same numbers, the later one counts from there on', async (t) => {
  const bytes = joined(run(5, 20, 1_000n, 'old'), run(0, 12, 2_000n, 'new'));
  const { values, classes } = await repaired(tempDir(t), bytes);
  t.deepEqual(values, marked('new', 0, 12));
  t.true(classes.includes('time-backwards'));
});

test('records of an older run before the newer ones are kept where nothing stands in their place', async (t) => {
  const bytes = joined(run(8, 20, 2_000n, 'new'), run(0, 12, 1_000n, 'old'));
  const { values } = await repaired(tempDir(t), bytes);
  t.deepEqual(values, [...marked('old', 0, 8), ...marked('new', 8, 20)]);
});
