import { execFileSync } from 'node:child_process';
import path from 'node:path';
import test, { type ExecutionContext } from 'ava';
import fc from 'fast-check';
import { messagePackJson } from '../../../src/cli/scan/msgpack-json.js';
import { commandLine } from '../../support/command-line.js';
import { tempDir } from '../../support/temp-dir.js';

const run = (...argv: string[]) => commandLine(argv);

async function storeOf(
  t: ExecutionContext,
  entries: Readonly<Record<string, string>>,
  name = 'store',
): Promise<string> {
  const store = path.join(tempDir(t), name);
  const lines = Object.entries(entries).map(([key, value]) => `${JSON.stringify({ key, value })}\n`);
  await commandLine(['put', store, '--batch', '-'], { input: lines });
  return store;
}

test('a template says how each entry is printed, and nothing is added', async (t) => {
  const store = await storeOf(t, { a: 'one\ttwo', 'b"': `it's` });
  for (const [template, expected] of [
    ['{key}={value}\\n', `a=one\ttwo\nb"=it's\n`],
    ['{key:text} {value:text}\\n', `a one\\ttwo\nb" it's\n`],
    ['{{"k":{key:json},"v":{value:json}}}\\x0a', `{"k":"a","v":"one\\ttwo"}\n{"k":"b\\"","v":"it's"}\n`],
    ['{value:hex}.{value:base64}.{value:bytes};', '6f6e650974776f.b25lCXR3bw==.7;69742773.aXQncw==.4;'],
    ['{value:sh}\\0', `'one\ttwo'\0'it'\\''s'\0`],
    ['{key}{revision}{version},', 'a,b",'],
    ['', ''],
  ] as const)
    t.is((await run('scan', store, '--format', template)).stdout, expected, template);
  t.is(
    (await run('scan', store, '--format', '{key} {value}\\n', '--encoding', 'hex', '--limit', '1')).stdout,
    '61 6f6e650974776f\n',
  );
  const fold = path.join(tempDir(t), 'a.snap');
  await run('put', fold, 'k', 'v', '--revision', '258');
  t.is((await run('scan', fold, '--format', '{revision} {version}\\n')).stdout, '258 0000000000000102\n');
  for (const template of ['{', 'a}', '{kye}', '{key:xml}', '{revision:hex}', '\\q', '{{key}'])
    t.is((await run('scan', store, '--format', template)).exitCode, 2, template);
});

test('what a template or -0 prints does nothing to a terminal', async (t) => {
  const store = await storeOf(t, { a: '\u001b]0;title\u0007\u009b' });
  for (const flags of [['--format', '{key} {value}\\n'], ['--raw', '-0'], ['--env']])
    t.notRegex(
      (await commandLine(['scan', store, ...flags], { isTerminal: true })).stdout,
      /[\u001b\u0007\u009b]/,
    );
});

test('--env gives a shell the values as they are, whatever they hold', async (t) => {
  const name = fc.stringMatching(/^[A-Za-z_][A-Za-z0-9_]{0,5}$/).map((text) => `V_${text}`);
  const value = fc
    .string({ unit: 'binary' })
    .filter((text) => !text.includes('\0') && !text.endsWith('\n') && text.isWellFormed());
  await fc.assert(
    fc.asyncProperty(fc.dictionary(name, value, { minKeys: 1, maxKeys: 5 }), async (variables) => {
      const entries = Object.fromEntries(
        Object.entries(variables).map(([key, text]) => [`app/${key}`, text]),
      );
      const store = await storeOf(t, { ...entries, other: '' });
      const { stdout, exitCode } = await run('scan', store, '--env', '--prefix', 'app/');
      t.is(exitCode, 0);
      const names = Object.keys(variables);
      const script = `eval "$1"; printf '%s\\0' ${names.map((key) => `"$${key}"`).join(' ')}`;
      const shown = execFileSync('sh', ['-c', script, 'sh', stdout]).toString();
      t.deepEqual(shown.split('\0').slice(0, -1), Object.values(variables));
    }),
    { numRuns: 25 },
  );
});

test('--env prints nothing where a key is no name of a variable, or no variable holds a value', async (t) => {
  for (const entries of [
    { A: '1', 'b-c': '2' },
    { A: '1', '2x': '' },
    { A: '1', '': '' },
    { A: '1', B: 'a\0b' },
  ]) {
    const store = await storeOf(t, entries);
    const { exitCode, stdout, stderr } = await run('scan', store, '--env');
    t.is(exitCode, 8);
    t.is(stdout, '');
    t.regex(stderr, /nothing was printed/);
  }
});

test('--raw -0 prints pairs of bytes as they are', async (t) => {
  const store = await storeOf(t, { 'a\n': '\t', b: '' });
  t.is((await run('scan', store, '--raw', '-0')).stdout, 'a\n\0\t\0b\0\0');
  t.is((await run('scan', store, '--raw')).exitCode, 2);
});

test('entries are chosen by their values, and counted and limited then', async (t) => {
  const store = await storeOf(t, { a: 'red apple', b: 'red', c: 'green pear', pear: '' });
  const keys = async (...flags: string[]): Promise<string> =>
    (await run('scan', store, '--keys-only', ...flags)).stdout;
  t.is(await keys('--value', 'red'), 'b\n');
  t.is(await keys('--value-prefix', 'red'), 'a\nb\n');
  t.is(await keys('--grep', 'pear$'), 'c\npear\n');
  t.is(await keys('--grep', 'e', '--value-prefix', 'red', '--reverse', '--limit', '1'), 'b\n');
  t.is((await run('scan', store, '--value-prefix', 'red', '--count')).stdout, '2\n');
  t.is((await run('scan', store, '--value', '72', '--value-encoding', 'hex', '--count')).stdout, '0\n');
  t.is((await run('scan', store, '--value', '', '--json')).stdout, '{"key":"pear","value":""}\n');
  t.is((await run('scan', store, '--grep', 'p', '-0')).stdout, 'a\0c\0pear\0');
  t.notRegex((await run('scan', store, '--grep', 'apple', '--redact')).stdout, /apple/);
  t.is((await run('scan', store, '--grep', '(')).exitCode, 2);
  t.is((await run('scan', store, '--grep', 'x', '--at', '9')).exitCode, 6);
});

test('values are shown decoded, those of another form as they are', async (t) => {
  const store = await storeOf(t, { a: '{ "n": 12345678901234567890, "t": " x " }', b: 'no json' });
  t.is(
    (await run('scan', store, '--decode', 'json')).stdout,
    'a\t{"n":12345678901234567890,"t":" x "}\nb\tno json\n',
  );
  t.is(
    (await run('scan', store, '--decode', 'json', '--json')).stdout,
    '{"key":"a","decoded":{"n":12345678901234567890,"t":" x "}}\n{"key":"b","value":"no json"}\n',
  );
  t.is(
    (await run('scan', store, '--decode', `grep -o 'no.*'`, '--json')).stdout.split('\n')[1],
    '{"key":"b","decoded":"no json"}',
  );
  t.is(
    (await run('scan', store, '--decode', 'tr a-z A-Z', '--format', '{value}\\n')).stdout,
    '{ "N": 12345678901234567890, "T": " X " }\nNO JSON\n',
  );
  t.is((await run('scan', store, '--decode', 'no-such-command-at-all')).exitCode, 6);
  t.is((await run('scan', store, '--decode', 'json', '--value-encoding', 'hex')).exitCode, 2);
  await run('put', store, 'a', '81a16ec3', '--value-encoding', 'hex');
  t.is((await run('scan', store, '--decode', 'msgpack')).stdout, 'a\t{"n":true}\nb\tno json\n');
});

const hex = (text: string): Uint8Array => new Uint8Array(Buffer.from(text.replaceAll(' ', ''), 'hex'));

test('MessagePack of every kind has its JSON', (t) => {
  for (const [bytes, json] of [
    ['00', '0'],
    ['7f', '127'],
    ['ff', '-1'],
    ['e0', '-32'],
    ['c0', 'null'],
    ['c2', 'false'],
    ['c3', 'true'],
    ['cc ff', '255'],
    ['cd 0100', '256'],
    ['ce ffffffff', '4294967295'],
    ['cf ffffffffffffffff', '18446744073709551615'],
    ['d0 80', '-128'],
    ['d1 8000', '-32768'],
    ['d2 80000000', '-2147483648'],
    ['d3 8000000000000000', '-9223372036854775808'],
    ['ca 3fc00000', '1.5'],
    ['cb 3ff8000000000000', '1.5'],
    ['cb 7ff0000000000000', '"Infinity"'],
    ['a1 61', '"a"'],
    ['d9 01 22', '"\\""'],
    ['da 0001 61', '"a"'],
    ['db 00000001 61', '"a"'],
    ['c4 01 ff', '"/w=="'],
    ['c5 0001 ff', '"/w=="'],
    ['c6 00000001 ff', '"/w=="'],
    ['90', '[]'],
    ['92 01 90', '[1,[]]'],
    ['dc 0001 01', '[1]'],
    ['dd 00000001 01', '[1]'],
    ['80', '{}'],
    ['82 a161 01 02 03', '{"a":1,"2":3}'],
    ['de 0001 a161 01', '{"a":1}'],
    ['df 00000001 a161 01', '{"a":1}'],
    ['d4 05 ff', '{"ext":5,"base64":"/w=="}'],
    ['c7 02 05 ffff', '{"ext":5,"base64":"//8="}'],
    ['d6 ff 00000001', '{"seconds":1,"nanoseconds":0}'],
    ['d7 ff 0000000800000001', '{"seconds":1,"nanoseconds":2}'],
    ['c7 0c ff 00000002 ffffffffffffffff', '{"seconds":-1,"nanoseconds":2}'],
  ] as const) {
    t.is(messagePackJson(hex(bytes)), json, bytes);
    t.is(messagePackJson(hex(`${bytes} 00`)), undefined, `${bytes}, and more`);
    t.is(messagePackJson(hex(bytes).subarray(0, -1)), undefined, `${bytes}, cut`);
  }
  t.is(messagePackJson(hex('c1')), undefined);
  t.is(messagePackJson(hex('a1 ff')), undefined);
  t.is(messagePackJson(new Uint8Array(100_000).fill(0x91)), undefined);
  t.is(messagePackJson(hex('dd ffffffff 00')), undefined);
});

test('whatever bytes come, what is said to be MessagePack is JSON', (t) => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
      const text = messagePackJson(bytes);
      if (text !== undefined) JSON.parse(text);
      t.pass();
    }),
    { numRuns: 2000 },
  );
});
