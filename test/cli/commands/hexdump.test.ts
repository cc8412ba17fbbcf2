import { cpSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import test, { type ExecutionContext } from 'ava';
import fc from 'fast-check';
import { commandLine } from '../../support/command-line.js';
import { fixturePath } from '../../support/fixtures.js';
import { tempDir } from '../../support/temp-dir.js';
import { fixtureLines, linesOf, type JsonLine } from './fixture-lines.js';

interface Field {
  readonly name: string;
  readonly offset: number;
  readonly bytes: number;
  readonly hex: string;
  readonly text?: string;
  readonly isWrong?: true;
  readonly wrongAt?: number;
}

interface DumpedLine extends JsonLine {
  readonly fields?: Field[];
  readonly finding?: { readonly class: string; readonly offset: number; readonly bytes: number };
}

async function dumped(command: string, file: string, ...flags: readonly string[]): Promise<DumpedLine[]> {
  const { stdout } = await commandLine([command, file, '--json', '--hexdump', ...flags]);
  return linesOf(stdout);
}

async function fault(command: string, file: string): Promise<Field[]> {
  const line = (await dumped(command, file)).find(({ finding }) => finding !== undefined);
  return line?.fields ?? [];
}

function wrongOf(fields: readonly Field[]): Field[] {
  return fields.filter(({ isWrong }) => isWrong === true);
}

function copyOf(t: ExecutionContext, name: string): string {
  const copy = path.join(tempDir(t), path.basename(name));
  cpSync(fixturePath(name), copy, { recursive: true });
  return copy;
}

function flip(file: string, at: number, bit = 0): void {
  const bytes = readFileSync(file);
  bytes[at]! ^= 1 << bit;
  writeFileSync(file, bytes);
}

for (const name of ['wal-ops/wal-0.log', 'fold-log.snap']) {
  test(`the fields of ${name} are its bytes, each of them once, and none is wrong`, async (t) => {
    const file = fixturePath(name);
    const bytes = readFileSync(file);
    let end = 0;
    for (const { fields = [] } of await dumped('wal-replay', file, '--no-merge')) {
      for (const field of fields) {
        t.is(field.offset, end, field.name);
        end += field.bytes;
        const shown = bytes.subarray(field.offset, field.offset + field.hex.length / 2);
        t.is(field.hex, shown.toString('hex'), field.name);
        t.true(shown.length === field.bytes || shown.length === 1024, field.name);
      }
      t.deepEqual(wrongOf(fields), []);
    }
    t.is(end, bytes.length);
  });
}

test('the fields of a record say what its line says', async (t) => {
  for (const line of await dumped('wal-replay', fixturePath('wal-ops/wal-0.log'), '--encoding', 'hex')) {
    const field = (name: string): Field | undefined => line.fields!.find((one) => one.name === name);
    for (const name of ['epoch', 'sequence', 'coreId', 'timestampNs']) {
      t.is(field(name)!.text, String(line[name]), name);
    }
    t.is(field('tag')!.text, line['op'] as string);
    for (const name of ['key', 'value']) {
      const hex = (line[name] ?? '') as string;
      t.true(hex.startsWith(field(name)?.hex ?? ''), name);
      t.is(field(name)?.bytes ?? 0, hex.length / 2);
    }
  }
});

/** A wrong byte is told in records of up to 16 KiB: all but the last one of `wal-ops`. */
const places = {
  'wal-ops/wal-0.log': { first: 0, last: 91_110, lastOfShort: 21_031 },
  'fold-log.snap': { first: 6, last: 24_727, lastOfShort: 24_727 },
} as const;

for (const [name, { first, last, lastOfShort }] of Object.entries(places)) {
  test(`whatever bit of ${name} is turned, the field that it lies in is marked, and no other`, async (t) => {
    await marksEach(t, { name, first, last }, (byte, change) => byte ^ (1 << (change % 8)));
    t.pass();
  });

  test(`whatever byte of ${name} becomes another, the field that it lies in is marked, and no other`, async (t) => {
    await marksEach(t, { name, first, last: lastOfShort }, (byte, change) => byte ^ change);
    t.pass();
  });
}

/** Changes one byte at a time, and looks whether exactly that is marked. */
async function marksEach(
  t: ExecutionContext,
  { name, first, last }: { readonly name: string; readonly first: number; readonly last: number },
  changed: (byte: number, change: number) => number,
): Promise<void> {
  const good = readFileSync(fixturePath(name));
  const copy = copyOf(t, name);
  const place = fc.integer({ min: first, max: last });
  await fc.assert(
    fc.asyncProperty(place, fc.integer({ min: 1, max: 255 }), async (at, change) => {
      const bytes = Uint8Array.from(good);
      bytes[at] = changed(bytes[at]!, change);
      writeFileSync(copy, bytes);
      const wrong = wrongOf(await fault('verify', copy));
      const marked = wrong
        .map((one) => `${one.name} ${one.offset}+${one.bytes} at ${one.wrongAt}`)
        .join(', ');
      const isThere = wrong.every(
        (one) => one.offset <= at && at < one.offset + one.bytes && (one.wrongAt ?? at) === at,
      );
      if (wrong.length !== 1 || !isThere) {
        throw new Error(`byte ${at}, ${change}: marked: ${marked || 'none'}`);
      }
    }),
    { numRuns: 120 },
  );
}

async function newCheckpoint(t: ExecutionContext): Promise<string> {
  const store = path.join(tempDir(t), 'store');
  await commandLine(['put', store, 'key', 'v'.repeat(9_000)]);
  await commandLine(['checkpoint', store]);
  return path.join(store, 'checkpoints', '1');
}

test('a turned bit in values, in the index, in its block and in a header is marked to the byte, or its field', async (t) => {
  const cases = [
    ['state-0.db', 6_000, 'values'],
    ['state-0.idx', -20, 'index'],
    ['state-0.idx', 33, 'blockMagic'],
    ['state-0.idx', 60, 'generation'],
    ['state-0.idx', 2, 'magic'],
    ['state-0.idx', 8, 'formatVersion'],
    ['state-0.db', 3, 'magic'],
  ] as const;
  for (const [name, place, field] of cases) {
    const folder = await newCheckpoint(t);
    const file = path.join(folder, name);
    const at = place < 0 ? readFileSync(file).length + place : place;
    flip(file, at, 3);
    const wrong = wrongOf(await fault('verify', path.dirname(path.dirname(folder))));
    t.deepEqual(
      wrong.map((one) => one.name),
      [field],
      `${name}, byte ${at}`,
    );
    const { offset, bytes, wrongAt = at } = wrong[0]!;
    t.true(offset <= at && at < offset + bytes && wrongAt === at, `${name}, byte ${at}`);
  }
});

test('a hole of zeros is marked from where it starts, and what is left of its record after it', async (t) => {
  const copy = copyOf(t, 'wal-ops/wal-0.log');
  const [bad, after] = fixtureLines('wal-ops.ndjson').slice(40, 42) as [JsonLine, JsonLine];
  const bytes = readFileSync(copy);
  bytes.fill(0, Number(bad['offset']), Number(bad['offset']) + 12);
  writeFileSync(copy, bytes);
  const fields = await fault('wal-replay', copy);
  t.deepEqual([fields[0]!.name, fields.at(-1)!.name], ['before', 'after']);
  t.is(fields.at(-1)!.offset, after['offset'] as number);
  t.like(wrongOf(fields)[0], { offset: bad['offset'], name: 'length' });
  t.is(wrongOf(fields).at(-1)!.name, 'checksum');
  const timestamp = fields.find(({ name }) => name === 'timestampNs');
  t.is(timestamp!.text, String(bad['timestampNs']));
});

test('where several records were hit, each is shown by itself: up to its own length, and the last by its root', async (t) => {
  const copy = copyOf(t, 'wal-ops/wal-0.log');
  const hit = fixtureLines('wal-ops.ndjson')
    .slice(40, 46)
    .map(({ offset }) => Number(offset));
  const bytes = readFileSync(copy);
  const [first, next, last, good] = [hit[0]!, hit[1]!, hit[3]!, hit[4]!];
  // From the middle of one record to behind the start of the fourth, as foreign blocks leave it.
  const strange = Buffer.from(
    Array.from({ length: last + 10 - (first + 20) }, (_, at) => (at * 151 + 7) & 0xff),
  );
  strange.copy(bytes, first + 20);
  writeFileSync(copy, bytes);
  const fields = await fault('wal-replay', copy);
  t.is(fields.at(-1)!.offset, good);
  const unknown = fields.filter(({ name }) => name === 'unknown');
  t.deepEqual(
    unknown.map(({ offset, bytes: length }) => [offset, offset + length]),
    [
      [first + 8, next],
      [next, last],
    ],
  );
  t.is(
    fields.find(({ name, offset }) => name === 'timestampNs' && offset > last)!.text,
    String(fixtureLines('wal-ops.ndjson')[43]!['timestampNs']),
  );
});

test('records of another core are marked where they say so', async (t) => {
  const copy = copyOf(t, 'wal-cores');
  const segment = path.join(copy, 'wal-0.log');
  const others = readFileSync(path.join(copy, 'wal-1.log'));
  const second = 8 + others.readUInt32LE(0);
  const strange = others.subarray(0, second + 8 + others.readUInt32LE(second));
  const bytes = readFileSync(segment);
  const first = 8 + bytes.readUInt32LE(0);
  writeFileSync(segment, Buffer.concat([bytes.subarray(0, first), strange, bytes.subarray(first)]));
  const wrong = wrongOf(await fault('verify', segment));
  t.deepEqual(
    wrong.map(({ name, text }) => [name, text]),
    [
      ['coreId', '1; does not belong here'],
      ['coreId', '1; does not belong here'],
    ],
  );
});

test('a tail that is cut has what is there of its record', async (t) => {
  const copy = copyOf(t, 'wal-ops/wal-0.log');
  const { offset, bytes } = fixtureLines('wal-ops.ndjson').at(-2) as { offset: number; bytes: number };
  truncateSync(copy, offset + bytes - 5);
  const wrong = wrongOf(await fault('verify', copy));
  t.like(wrong[0], { name: 'length', offset, text: `${bytes - 8}: ends 5 bytes past the end` });
  truncateSync(copy, offset + 3);
  t.like(wrongOf(await fault('verify', copy))[0], { name: 'header', offset, bytes: 3, text: '3 of 8 bytes' });
});

test('what is wrong has a mark before it, and a terminal gets half as many bytes a line', async (t) => {
  const copy = copyOf(t, 'wal-ops/wal-0.log');
  const { offset } = fixtureLines('wal-ops.ndjson')[40] as { offset: number };
  flip(copy, offset + 9, 4);
  for (const command of ['verify', 'wal-replay']) {
    const piped = (await commandLine([command, copy, '--hexdump'])).stdout.split('\n');
    const at = piped.findIndex((line) => line.includes('checksum-mismatch'));
    const dump = piped.slice(at + 1).filter((line) => line.startsWith('!'));
    t.is(dump.length, 1);
    t.regex(dump[0]!, new RegExp(`^! +\\d+  [0-9a-f ]+\\|.*\\| .*bit 4 of byte ${offset + 9} is turned$`));
    const shown = (await commandLine([command, copy, '--hexdump'], { isTerminal: true })).stdout;
    const lines = shown.split('\n').filter((line) => /^[! ] +\d+ {2}([0-9a-f]{2} )/.test(line));
    t.true(lines.length > 10 && lines.every((line) => /^.{12} {2}.{23} {2}\|.{1,8}\|/.test(line)));
    t.is(lines.filter((line) => line.startsWith('!')).length, 1);
  }
});

test('what a wrong byte of a value was is not told with --redact, its place is', async (t) => {
  const copy = copyOf(t, 'wal-ops/wal-0.log');
  const at = 234;
  const bytes = readFileSync(copy);
  const was = bytes[at]!.toString(16);
  bytes[at]! ^= 0x5a;
  writeFileSync(copy, bytes);
  const open = (await commandLine(['verify', copy, '--hexdump'])).stdout;
  t.regex(open, new RegExp(`\\n! .* value +byte ${at} was 0x${was}\\n`));
  for (const flag of ['--json', '--no-color']) {
    const { stdout } = await commandLine(['verify', copy, '--hexdump', '--redact', flag]);
    t.regex(stdout, new RegExp(`byte ${at} is wrong`));
    t.false(stdout.includes(`0x${was}`));
  }
});

test('a fold log is dumped too, and a fault without bytes has none', async (t) => {
  const copy = copyOf(t, 'fold-log.snap');
  flip(copy, 2_003, 4);
  const [wrong] = wrongOf(await fault('wal-replay', copy));
  t.like(wrong, { name: 'valueLength' });
  const text = (await commandLine(['wal-replay', copy, '--hexdump'])).stdout;
  t.regex(text, /\n! +\d+ .*valueLength .*bit 4 of byte 2003 is turned\n/);
  t.regex(text, /\n +6 {2}([0-9a-f]{2} ){4} .*checksum /);
  const cores = copyOf(t, 'wal-cores');
  cpSync(path.join(cores, 'wal-3.log'), path.join(cores, 'wal-9.log'));
  const missing = (await dumped('verify', cores)).find((line) => line.finding?.class === 'missing-segment');
  t.is(missing!.fields, undefined);
});
