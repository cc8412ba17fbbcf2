import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import test from 'ava';
import { StateDirectory } from '../../../src/engine/directory/state-directory.js';
import { commandLine } from '../../support/command-line.js';
import { fixturePath } from '../../support/fixtures.js';
import { tempDir } from '../../support/temp-dir.js';
import { entryOf, joined, recordOf } from '../../engine/wal/segment-builder.js';

interface IndexLine {
  readonly file: string;
  readonly offset: number;
  readonly bytes: number;
  readonly class: string;
  readonly message: string;
  readonly keyBase64?: string;
  readonly name: string | null;
}

function indexOf(folder: string): IndexLine[] {
  const text = readFileSync(path.join(folder, 'index.ndjson'), 'utf8');
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as IndexLine);
}

test('the bytes of all that is lost are kept, with where they lay and why', async (t) => {
  const folder = tempDir(t);
  const source = path.join(folder, 'cores');
  cpSync(fixturePath('wal-cores'), source, { recursive: true });
  const first = path.join(source, 'wal-0.log');
  const damaged = readFileSync(first);
  damaged.fill(0xee, 3000, 3020);
  damaged.fill(0xdd, 6000, 6200);
  writeFileSync(first, Buffer.concat([damaged, Buffer.from('half a record')]));
  const lost = path.join(folder, 'lost');
  const into = path.join(folder, 'into');
  const { exitCode } = await commandLine(['repair', source, '--into', into, '--lost-found', lost]);
  t.is(exitCode, 3);
  const lines = indexOf(lost);
  t.is(lines.length, 3);
  const whole = readFileSync(first);
  for (const { file, offset, bytes, name } of lines) {
    t.is(file, first);
    t.deepEqual(readFileSync(path.join(lost, name!)), whole.subarray(offset, offset + bytes));
    t.is(statSync(path.join(lost, name!)).mode & 0o777, 0o600);
  }
  t.is(lines.at(-1)!.class, 'torn-tail');
  t.is(statSync(lost).mode & 0o777, 0o700);
  // What is kept and what is left out is all there is.
  const kept = statSync(path.join(into, 'wal-0.log')).size;
  t.is(kept + lines.reduce((sum, { bytes }) => sum + bytes, 0), whole.length);
});

test('of a checkpoint each page that fails is kept, and each value that is lost with it, by its key', async (t) => {
  const folder = tempDir(t);
  const source = path.join(folder, 'store');
  StateDirectory.create(source);
  const store = await StateDirectory.open(source);
  const valueOf = (number: number): string => `value ${number} `.repeat(40);
  for (let number = 0; number < 60; number++)
    store.put(Buffer.from(`key ${number}`), Buffer.from(valueOf(number)));
  await store.checkpoint();
  store.close();
  const values = path.join(source, 'checkpoints', '1', 'state-0.db');
  const bytes = readFileSync(values);
  bytes[32 + 4096 + 100]! ^= 0xff;
  writeFileSync(values, bytes);
  const lost = path.join(folder, 'lost');
  const { stdout } = await commandLine([
    ...['repair', source, '--into', path.join(folder, 'into'), '--lost-found', lost, '--json'],
  ]);
  const lostKeys = stdout.split('\n').flatMap((line) => /^{"lostKey":{"key":"(.*?)"/.exec(line)?.[1] ?? []);
  const [page, ...entries] = indexOf(lost);
  t.like(page, { file: values, offset: 32 + 4096, bytes: 4096, class: 'value-mismatch' });
  t.true(entries.length > 5);
  t.deepEqual(
    entries.map(({ keyBase64 }) => Buffer.from(keyBase64!, 'base64').toString()).sort(),
    lostKeys.sort(),
  );
  for (const { file, offset, bytes: length, name } of [page!, ...entries]) {
    t.is(file, values);
    t.deepEqual(readFileSync(path.join(lost, name!)), bytes.subarray(offset, offset + length));
  }
});

test('records that are set apart are kept from where they lay', async (t) => {
  const folder = tempDir(t);
  const source = path.join(folder, 'wal-0.log');
  const [own, other] = [0, 1].map((core) => readFileSync(fixturePath(`wal-cores/wal-${core}.log`)));
  const stray = other!.subarray(0, 112);
  writeFileSync(source, Buffer.concat([own!, stray]));
  const lost = path.join(folder, 'lost');
  await commandLine(['repair', source, '--into', path.join(folder, 'into'), '--lost-found', lost]);
  const [line] = indexOf(lost);
  t.is(line!.offset, own!.length);
  t.deepEqual(readFileSync(path.join(lost, line!.name!)), stray);
});

test('nothing is made in a dry run, or where something is there, or the repair is refused', async (t) => {
  const folder = tempDir(t);
  const source = path.join(folder, 'a.snap');
  const bytes = readFileSync(fixturePath('fold-log.snap'));
  bytes.fill(0, 12_000, 12_100);
  writeFileSync(source, bytes);
  const lost = path.join(folder, 'lost');
  const repair = ['repair', source, '--into', path.join(folder, 'b.snap'), '--lost-found', lost];
  t.is((await commandLine([...repair, '--dry-run'])).exitCode, 3);
  t.is((await commandLine([...repair, '--max-loss', '10'])).exitCode, 8);
  t.deepEqual(readdirSync(folder), ['a.snap']);
  mkdirSync(lost);
  writeFileSync(path.join(lost, 'mine'), 'x');
  t.is((await commandLine(repair)).exitCode, 8);
  t.deepEqual(readdirSync(lost), ['mine']);
  t.false(existsSync(path.join(folder, 'b.snap')));
  t.is((await commandLine(['repair', source, '--lost-found', lost])).exitCode, 2);
});

test('a key that two cores wrote falls back to the other core’s value, which is there', async (t) => {
  const folder = tempDir(t);
  const source = path.join(folder, 'cores');
  mkdirSync(source);
  const record = (coreId: number, sequence: bigint, key: string, timestampNs: bigint): Uint8Array => {
    const value = Buffer.from(`of core ${coreId}`);
    return recordOf(
      entryOf({ coreId, sequence, timestampNs, operation: { op: 'put', key: Buffer.from(key), value } }),
    );
  };
  const lost = record(0, 1n, 'both', 20n);
  // Its key is the first of its data: the value was hit.
  lost.fill(0xee, 12, 13);
  const damaged = joined(record(0, 0n, 'first', 1n), lost, record(0, 2n, 'last', 30n));
  writeFileSync(path.join(source, 'wal-0.log'), damaged);
  writeFileSync(path.join(source, 'wal-1.log'), joined(record(1, 0n, 'both', 10n)));
  const { stdout } = await commandLine(['repair', source, '--into', path.join(folder, 'into'), '--json']);
  const told = stdout.split('\n').find((line) => line.startsWith('{"lostKey"'))!;
  t.like(JSON.parse(told), { lostKey: { key: 'both', op: 'put', fallsBack: true } });
});
