import path from 'node:path';
import test, { type ExecutionContext } from 'ava';
import fc from 'fast-check';
import { commandLine } from '../../support/command-line.js';
import { tempDir } from '../../support/temp-dir.js';

const run = (...argv: string[]) => commandLine(argv);

async function stores(t: ExecutionContext): Promise<string[]> {
  const all = ['store', 'fold.snap'].map((name) => path.join(tempDir(t), name));
  for (const store of all) {
    await run('put', store, 'a', 'one');
    await run('put', store, 'b\tc', '', '--encoding', 'utf8');
    await run('put', store, '64', 'fffe', '--encoding', 'hex');
  }
  return all;
}

test('several keys are answered in the order asked for, a JSON object each; 1 where one is not there', async (t) => {
  for (const store of await stores(t)) {
    t.like(await run('get', store, 'd', 'a', 'a'), {
      exitCode: 0,
      stdout: '{"key":"d","valueBase64":"//4="}\n{"key":"a","value":"one"}\n{"key":"a","value":"one"}\n',
    });
    const asked = ['get', store, 'none', 'a'];
    t.like(await run(...asked), {
      exitCode: 1,
      stdout: '{"key":"none","found":false}\n{"key":"a","value":"one"}\n',
      stderr: '',
    });
    t.like(await run(...asked, '--default', 'zero'), {
      exitCode: 0,
      stdout: '{"key":"none","value":"zero"}\n{"key":"a","value":"one"}\n',
    });
    t.like(await run(...asked, '-0'), { exitCode: 1, stdout: '\0one\0' });
    t.like(await run(...asked, '-0', '--default', 'zero'), { exitCode: 0, stdout: 'zero\0one\0' });
    t.like(await run('get', store, 'a', '-0'), { exitCode: 0, stdout: 'one\0' });
    t.is(
      (await run('get', store, '64', '61', '--encoding', 'hex')).stdout,
      '{"key":"64","value":"fffe"}\n{"key":"61","value":"6f6e65"}\n',
    );
  }
});

test('a fold log says the revision of each', async (t) => {
  const store = path.join(tempDir(t), 'fold.snap');
  await run('put', store, 'a', '1', '--revision', '7');
  t.is(
    (await run('get', store, 'a', 'b')).stdout,
    '{"key":"a","value":"1","version":"0000000000000007","revision":"7"}\n{"key":"b","found":false}\n',
  );
});

test('a batch of keys takes the lines that scan and wal-replay print', async (t) => {
  for (const store of await stores(t)) {
    const scanned = (await run('scan', store, '--json')).stdout;
    const input = [
      `\ufeff${scanned}\n{"op":"delete","key":"none"}\n`,
      '{"cursor":"7"}\n{"op":"get","key":"a"}',
    ];
    t.like(await commandLine(['get', store, '--batch', '-'], { input }), {
      exitCode: 1,
      stdout: `${scanned}{"key":"none","found":false}\n{"key":"a","value":"one"}\n`,
    });
    const tabbed = ['get', store, '--batch', '-', '--tsv', '-0'];
    t.like(await commandLine(tabbed, { input: ['a\nb\\tc\tignored\n'] }), { exitCode: 0, stdout: 'one\0\0' });
    t.like(await commandLine(tabbed, { input: [] }), { exitCode: 0, stdout: '' });
  }
});

test('a bad line ends a batch of keys with 2 and its number, after the answers before it', async (t) => {
  for (const store of await stores(t)) {
    const input = ['{"key":"a"}\n{"value":"b"}\n{"key":"d"}\n'];
    const { exitCode, stdout, stderr } = await commandLine(['get', store, '--batch', '-', '--json'], {
      input,
    });
    t.is(exitCode, 2);
    t.is(stdout, '{"key":"a","value":"one"}\n');
    t.like(JSON.parse(stderr), { error: { code: 'INVALID_LINE', line: 2 } });
  }
});

test('calls that contradict themselves are refused', async (t) => {
  const [store] = await stores(t);
  for (const argv of [
    [],
    ['a', '--batch', '-'],
    ['a', '--tsv'],
    ['a', 'b', '-0', '--json'],
    ['a', ''],
    ['-0'],
    ['--batch', ''],
  ])
    t.is((await run('get', store!, ...argv)).exitCode, 2, argv.join(' '));
  t.is((await run('get', `${store!}-none`, 'a', 'b')).exitCode, 6);
});

test('a terminal gets no byte that would do something to it', async (t) => {
  const store = path.join(tempDir(t), 'store');
  await commandLine(['put', store, 'a', '-'], { input: ['\u001b]0;title\u0007'] });
  for (const flags of [['a'], ['-0']]) {
    const { stdout } = await commandLine(['get', store, 'a', ...flags], { isTerminal: true });
    t.notRegex(stdout, /[\u001b\u0007]/);
    t.regex(stdout, /title/);
  }
});

test('whatever is there and is asked for, each key has its answer in its place', async (t) => {
  const key = fc.stringMatching(/^[a-d]{1,2}$/);
  await fc.assert(
    fc.asyncProperty(
      fc.dictionary(key, fc.string()),
      fc.array(key, { minLength: 2, maxLength: 20 }),
      async (content, asked) => {
        const store = path.join(tempDir(t), 'store');
        const lines = Object.entries(content).map(
          ([name, value]) => `${JSON.stringify({ key: name, value })}\n`,
        );
        await commandLine(['put', store, '--batch', '-'], { input: lines });
        const { stdout, exitCode } = await run('get', store, '--', ...asked);
        t.deepEqual(
          stdout
            .trimEnd()
            .split('\n')
            .map((line) => JSON.parse(line) as unknown),
          asked.map((name) =>
            Object.hasOwn(content, name) ? { key: name, value: content[name] } : { key: name, found: false },
          ),
        );
        t.is(exitCode, asked.every((name) => Object.hasOwn(content, name)) ? 0 : 1);
      },
    ),
    { numRuns: 30 },
  );
});
