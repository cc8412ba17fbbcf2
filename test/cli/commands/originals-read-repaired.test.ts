import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import test from 'ava';
import { NEWEST_ORIGINAL, newestOriginal } from '../../engine/fold/newest-original.js';
import { isOriginalThere, ORIGINAL, readByOriginal } from '../../engine/wal/original-harness.js';
import { commandLine } from '../../support/command-line.js';
import { fixturePath } from '../../support/fixtures.js';
import { needing } from '../../support/needing.js';
import { tempDir } from '../../support/temp-dir.js';
import { linesOf } from './fixture-lines.js';

/*
 * Each kind of damage, repaired with and without mending: LaminarDB and Slipstream read what comes out, and in it nothing but
 * what they read before the damage.
 */

const BLOCK = 4096;

function changed(bytes: Buffer, at: number, ...by: readonly number[]): Buffer {
  const other = Buffer.from(bytes);
  by.forEach((one, index) => (other[at + index]! ^= one));
  return other;
}

const KINDS: Readonly<Record<string, (bytes: Buffer) => Buffer>> = {
  'one bit': (bytes) => changed(bytes, 3000, 4),
  'two bits': (bytes) => changed(changed(bytes, 2500, 4), 3700, 8),
  'a burst': (bytes) => changed(bytes, 3000, 9, 201, 33, 71, 5),
  'a byte lost': (bytes) => Buffer.concat([bytes.subarray(0, 3000), bytes.subarray(3001)]),
  'a byte added': (bytes) => Buffer.concat([bytes.subarray(0, 3000), Buffer.of(7), bytes.subarray(3000)]),
  'carriage returns': (bytes) => Buffer.from(bytes.toString('latin1').replaceAll('\n', '\r\n'), 'latin1'),
  'a block of zeros': (bytes) => Buffer.from(bytes).fill(0, BLOCK, 2 * BLOCK),
  'a block of zeros at the start': (bytes) => Buffer.from(bytes).fill(0, 0, 512),
  'an end cut off': (bytes) => bytes.subarray(0, bytes.length - 100),
  'a start cut off': (bytes) => bytes.subarray(700),
  'a block cut out': (bytes) => Buffer.concat([bytes.subarray(0, 512), bytes.subarray(1024)]),
  'zeros behind it': (bytes) => Buffer.concat([bytes, Buffer.alloc(BLOCK)]),
  'a block of another file': (bytes) => Buffer.from(bytes).fill('a line of text\n', 1024, 2048),
  'older blocks behind it': (bytes) => Buffer.concat([bytes, bytes.subarray(0, 2000)]),
  'a bit of every record or so': (bytes) =>
    Buffer.from(bytes.map((byte, at) => (at % 300 === 250 ? byte ^ 16 : byte))),
  'all of it twice': (bytes) => Buffer.concat([bytes, bytes]),
  'blocks exchanged': (bytes) =>
    Buffer.concat([
      bytes.subarray(0, 512),
      bytes.subarray(1024, 1536),
      bytes.subarray(512, 1024),
      bytes.subarray(1536),
    ]),
};

/** The records that are kept, by what the repair says. */
async function repaired(source: string, into: string, mend: boolean): Promise<number> {
  const argv = ['repair', source, ...(mend ? ['--mend'] : []), '--into', into, '--json'];
  const { stdout, stderr } = await commandLine(argv);
  const line = linesOf(stdout).find((one) => 'summary' in one);
  if (line === undefined) throw new Error(stderr);
  return (line['summary'] as { kept: { records: number } }).kept.records;
}

/** What a line says of a record or an entry, wherever it stands. */
function content(lines: readonly Record<string, unknown>[]): string[] {
  return lines
    .filter((line) => 'op' in line || 'key' in line || 'keyHex' in line)
    .map(({ offset: _offset, bytes: _bytes, position: _position, ...rest }) => JSON.stringify(rest));
}

for (const [kind, damage] of Object.entries(KINDS)) {
  for (const mend of [false, true]) {
    const title = `after ${kind}, repaired ${mend ? 'with' : 'without'} mending`;
    needing(
      test,
      ORIGINAL,
      isOriginalThere,
    )(`LaminarDB reads a segment ${title}`, async (t) => {
      const folder = tempDir(t);
      const [source, into] = [path.join(folder, 'wal-0.log'), path.join(folder, 'new', 'wal-0.log')];
      cpSync(fixturePath('wal-cores'), path.join(folder, 'new'), { recursive: true });
      const good = readFileSync(fixturePath('wal-cores/wal-0.log'));
      writeFileSync(source, damage(good));
      const out = path.join(folder, 'out.log');
      const kept = await repaired(source, out, mend);
      cpSync(out, into);
      const whole = new Set(content(readByOriginal('wal', fixturePath('wal-cores/wal-0.log'))));
      const read = content(readByOriginal('wal', into));
      t.is(read.length, kept);
      t.true(kept > 0);
      t.true(read.every((line) => whole.has(line)));
    });

    needing(
      test,
      ORIGINAL,
      isOriginalThere,
    )(`Slipstream 0.7 reads a fold log ${title}`, async (t) => {
      const folder = tempDir(t);
      const [source, into] = [path.join(folder, 'a.snap'), path.join(folder, 'b.snap')];
      writeFileSync(source, damage(readFileSync(fixturePath('fold-log.snap'))));
      await repaired(source, into, mend);
      const keys = Number((await commandLine(['scan', into, '--count'])).stdout);
      const newest = path.join(folder, 'newest.snap');
      cpSync(into, newest);
      const [, ...entries] = readByOriginal('snap', into);
      t.is(entries.length, keys);
      t.true(keys > 0);
      if (newestOriginal.isThere) t.is(newestOriginal.dump(newest).length, keys + 1, NEWEST_ORIGINAL);
    });
  }
}
