import test from 'ava';
import { entryOutput } from '../../src/cli/output/entry-lines.js';
import { tableText } from '../../src/cli/terminal/shown/table.js';
import { visibleText } from '../../src/cli/terminal/shown/visible-text.js';
import { MemoryTerminal } from '../support/memory-terminal.js';

const UTF8 = { key: 'utf8', value: 'utf8' } as const;

function linesOf(text: string): string[] {
  return text.split('\n').slice(0, -1);
}

test('a table has no lines, and columns as wide as their widest cell', async (t) => {
  const rows = [
    ['a', 'x'],
    ['longer', ''],
  ];
  t.is(await tableText(['KEY', 'VALUE'], rows, 80), 'KEY     VALUE\na       x\nlonger\n');
  t.is(await tableText([], rows, 80), 'a       x\nlonger\n');
});

test('cells are cut until a row fits, the widest first', async (t) => {
  const text = await tableText(['KEY', 'VALUE'], [['short key', 'v'.repeat(500)]], 40);
  const [, row] = linesOf(text);
  t.true(row!.length <= 40);
  t.regex(row!, /^short key {2}v{20,}…$/);
});

test('rows on a terminal are held back only until there are a thousand', async (t) => {
  const terminal = new MemoryTerminal({ isTerminal: true });
  const printed = entryOutput(terminal, { encodings: UTF8, json: false });
  let flushes = 0;
  for (let index = 0; index < 2_500; index++) {
    printed.write(Buffer.from(`key${index}`), Buffer.from('v'));
    if (!printed.isFull) continue;
    flushes += 1;
    t.true(await printed.flush());
  }
  await printed.flush();
  t.is(flushes, 2);
  const lines = linesOf(terminal.stdout);
  t.is(lines.length, 1 + 2_500);
  t.is(lines.filter((line) => line.startsWith('KEY')).length, 1);
});

test('only keys are a table of one column', async (t) => {
  const terminal = new MemoryTerminal({ isTerminal: true });
  const printed = entryOutput(terminal, { encodings: UTF8, json: false });
  printed.write(Buffer.from('a'), undefined);
  await printed.flush();
  t.is(terminal.stdout, 'KEY\na\n');
});

test('text for a person shows what it would otherwise do to a terminal', (t) => {
  t.is(
    visibleText('a\u001b[2Jb\u0007\u009b1mc\u202ed\u2028e\tf'),
    'a\\x1b[2Jb\\x07\\x9b1mc\\u202ed\\u2028e\\tf',
  );
  t.is(visibleText('größe 日本 👍'), 'größe 日本 👍');
});
