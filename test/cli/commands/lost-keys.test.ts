import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import test from 'ava';
import { blake3Hex } from '../../../src/engine/bytes/hash/blake3.js';
import { commandLine } from '../../support/command-line.js';
import { tempDir } from '../../support/temp-dir.js';
import { linesOf, type JsonLine } from './fixture-lines.js';

test('a lost key is told with the number and time of its record, and with the older value of the log, or of the checkpoint', async (t) => {
  const root = path.join(tempDir(t), 'store');
  await commandLine(['put', root, 'below', 'of the checkpoint']);
  await commandLine(['put', root, 'deleted', 'there']);
  await commandLine(['checkpoint', root]);
  await commandLine(['put', root, 'beside', 'of the log']);
  await commandLine(['delete', root, 'deleted']);
  for (const key of ['beside', 'below', 'deleted']) await commandLine(['put', root, key, `lost of ${key}`]);
  await commandLine(['put', root, 'end', 'good']);
  const segment = path.join(root, 'wal/2/wal-0.log');
  const replayed = await commandLine(['wal-replay', segment, '--op', 'put', '--json']);
  const records = replayed.stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, string>)
    .filter(({ value }) => value!.startsWith('lost of'));
  const text = readFileSync(segment, 'latin1');
  const bytes = readFileSync(segment);
  for (const { value } of records) bytes[text.indexOf(value!)]! ^= 0x10;
  writeFileSync(segment, bytes);
  const { stdout } = await commandLine(['repair', root, '--into', path.join(tempDir(t), 'new'), '--json']);
  const lostKeys = linesOf(stdout).flatMap((line) =>
    'lostKey' in line ? [line['lostKey'] as JsonLine] : [],
  );
  const olderOf = (value: string) => ({
    older: { valueBytes: value.length, valueDigest: blake3Hex(Buffer.from(value)) },
  });
  const expected = new Map<string, object>([
    ['beside', olderOf('of the log')],
    ['below', olderOf('of the checkpoint')],
    ['deleted', {}],
  ]);
  t.is(lostKeys.length, 3);
  for (const lost of lostKeys) {
    const key = lost['key'] as string;
    const { sequence, timestampNs } = records.find((record) => record['key'] === key)!;
    t.like(lost, { sequence, timestampNs, fallsBack: key !== 'deleted', ...expected.get(key) }, key);
    t.is('older' in lost, key !== 'deleted', key);
  }
});
