import { readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import test from 'ava';
import fc from 'fast-check';
import { commandLine } from '../../support/command-line.js';
import { fixturePath } from '../../support/fixtures.js';
import { tempDir } from '../../support/temp-dir.js';
import { linesOf, type JsonLine } from './fixture-lines.js';

const fold = fixturePath('fold-log.snap');
const segment = fixturePath('wal-ops/wal-0.log');
const state = fixturePath('state-medium.db');
const index = fixturePath('state-medium.idx');

interface Field {
  readonly name: string;
  readonly offset: number;
  readonly bytes: number;
  readonly hex: string;
  readonly text?: string;
}

async function dumped(
  ...argv: readonly string[]
): Promise<{ exitCode: number; lines: JsonLine[]; fields: Field[] }> {
  const { exitCode, stdout } = await commandLine(['wal-replay', ...argv, '--hexdump', '--json']);
  const lines = linesOf(stdout);
  return { exitCode, lines, fields: lines.flatMap(({ fields }) => fields as Field[]) };
}

async function manifestOf(folder: string): Promise<string> {
  const store = path.join(folder, 'store');
  await commandLine(['put', store, 'a key', 'ä']);
  await commandLine(['checkpoint', store]);
  return path.join(store, 'MANIFEST.json');
}

test('every byte of a file is in one field of its dump: of logs, headers, state files, indexes and manifests', async (t) => {
  const manifest = await manifestOf(tempDir(t));
  for (const file of [fold, segment, state, index, manifest]) {
    const { exitCode, fields } = await dumped(file);
    t.is(exitCode, 0, file);
    let end = 0;
    for (const { offset, bytes } of fields) {
      t.is(offset, end, file);
      end += bytes;
    }
    t.is(end, statSync(file).size, file);
    const content = readFileSync(file).toString('hex');
    for (const { offset, bytes, hex } of fields)
      t.is(hex, content.slice(2 * offset, 2 * offset + Math.min(2 * bytes, hex.length)));
  }
});

test('of a part of a file, the fields are dumped that lie in it', async (t) => {
  const manifest = await manifestOf(tempDir(t));
  for (const file of [state, index, manifest]) {
    const { fields: all } = await dumped(file);
    const { size } = statSync(file);
    await fc.assert(
      fc.asyncProperty(fc.nat(size), fc.nat(300), async (from, length) => {
        const { fields } = await dumped(
          file,
          '--from-offset',
          String(from),
          '--to-offset',
          String(from + length),
        );
        const wanted = all.filter(({ offset, bytes }) => offset < from + length && offset + bytes > from);
        t.deepEqual(fields, wanted);
      }),
      { numRuns: 10 },
    );
  }
});

test('headers and manifests are told apart by what their fields are called', async (t) => {
  const manifest = await manifestOf(tempDir(t));
  const header = await dumped(fold, '--to-offset', '6');
  t.like(header.lines[0], { segment: fold, offset: 0, bytes: 6, op: 'header' });
  t.deepEqual(
    header.fields.map(({ name }) => name),
    ['magic', 'formatVersion'],
  );
  t.deepEqual((await dumped(fold, '--around', '3')).fields, header.fields);
  const names = (await dumped(state, '--to-offset', '16')).fields.map(({ name }) => name);
  t.deepEqual(names.slice(0, 2), ['magic', 'formatVersion']);
  const { fields } = await dumped(manifest);
  const { checkpoints } = JSON.parse(readFileSync(manifest, 'utf8')) as {
    checkpoints: { epoch: string; cores: { nextSequence: string }[] }[];
  };
  const textOf = (name: string): unknown => {
    const { text } = fields.find((field) => field.name === name)!;
    return JSON.parse(text!) as unknown;
  };
  t.is(textOf('checkpoints.0.epoch'), checkpoints[0]!.epoch);
  t.is(textOf('checkpoints.0.cores.0.nextSequence'), checkpoints[0]!.cores[0]!.nextSequence);
  const { stdout } = await commandLine(['wal-replay', manifest, '--hexdump']);
  t.regex(stdout, /\t0\t\d+\ttext\n/);
  t.regex(stdout, /\|.*\| *checkpoints\.0\.epoch/);
});

test('values of a state file are kept to itself by --redact, and records are asked of logs alone', async (t) => {
  const { stdout } = await commandLine(['wal-replay', state, '--hexdump', '--redact']);
  t.regex(stdout, /values +256 bytes, redacted/);
  const { lines } = await dumped(state, '--redact');
  t.true(
    lines
      .filter(({ op }) => op === 'values')
      .every(({ fields }) => !(fields as Field[]).some((field) => 'hex' in field)),
  );
  for (const flags of [['--key', 'a'], ['--last'], ['--stats']])
    t.is((await commandLine(['wal-replay', state, '--hexdump', ...flags])).exitCode, 7);
  t.is((await commandLine(['wal-replay', state])).exitCode, 7);
});
