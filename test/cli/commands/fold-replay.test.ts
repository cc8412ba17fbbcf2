import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import test from 'ava';
import { commandLine } from '../../support/command-line.js';
import { fixturePath } from '../../support/fixtures.js';
import { tempDir } from '../../support/temp-dir.js';

interface Line {
  readonly op?: string;
  readonly key?: string;
  readonly value?: string;
  readonly version?: string;
  readonly cursor?: string;
  readonly offset?: number;
  readonly bytes?: number;
  readonly finding?: { readonly class: string; readonly offset: number };
}

async function linesOf(argv: readonly string[]): Promise<{ exitCode: number; lines: Line[] }> {
  const { exitCode, stdout } = await commandLine([
    'wal-replay',
    ...argv,
    '--json',
    '--value-encoding',
    'hex',
  ]);
  return {
    exitCode,
    lines: stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Line),
  };
}

test("a fold log's records, folded by hand, are what Slipstream reads in it", async (t) => {
  const { exitCode, lines } = await linesOf([fixturePath('fold-log.snap')]);
  t.is(exitCode, 0);
  const fold = new Map<string, string>();
  let end = 6;
  for (const { op, key, value, version, offset, bytes } of lines) {
    t.is(offset, end);
    end += bytes!;
    if (op === 'put') fold.set(key!, `${value!} ${version!}`);
    if (op === 'delete') fold.delete(key!);
  }
  t.is(end, readFileSync(fixturePath('fold-log.snap')).length);
  const expected = readFileSync(fixturePath('fold-log.ndjson'), 'utf8').trim().split('\n').slice(1);
  const entries = expected.map((line) => JSON.parse(line) as Required<Line>);
  t.deepEqual(
    [...fold].sort(),
    entries.map(({ key, value, version }): [string, string] => [key, `${value} ${version}`]).sort(),
  );
  t.is(lines.filter(({ op }) => op === 'cursor').length, 6);
});

test('a fold log is filtered by operation and prefix, and flags for segments are refused', async (t) => {
  const { lines } = await linesOf([
    fixturePath('fold-log.snap'),
    '--op',
    'put',
    '--prefix',
    'cfg.',
    '--limit',
    '5',
  ]);
  t.is(lines.length, 5);
  t.true(lines.every(({ op, key }) => op === 'put' && key!.startsWith('cfg.')));
  t.is((await commandLine(['wal-replay', fixturePath('fold-log.snap'), '--core', '0'])).exitCode, 2);
});

test('damage in a fold log is a line, and reading goes on behind it', async (t) => {
  const copy = path.join(tempDir(t), 'fold.snap');
  const bytes = readFileSync(fixturePath('fold-log.snap'));
  bytes[2003]! ^= 1 << 4;
  writeFileSync(copy, bytes);
  const { exitCode, lines } = await linesOf([copy]);
  t.is(exitCode, 3);
  const whole = await linesOf([fixturePath('fold-log.snap')]);
  t.is(lines.filter(({ finding }) => finding !== undefined).length, 1);
  t.is(lines.length, whole.lines.length);
});
