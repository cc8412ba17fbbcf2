import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import test from 'ava';
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

test('the tail of an older run behind a newer one is set apart, and never applied as new', async (t) => {
  const bytes = joined(run(0, 10, 2_000n, 'new'), run(10, 15, 1_000n, 'old'));
  const { values, classes } = await repaired(tempDir(t), bytes);
  t.deepEqual(values, marked('new', 0, 10));
  t.deepEqual(classes, ['time-backwards']);
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
