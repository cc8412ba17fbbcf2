import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import path from 'node:path';
import type { Writable } from 'node:stream';
import test from 'ava';
import { programFile } from '../../support/program.js';
import { tempDir } from '../../support/temp-dir.js';

/* Commands whose producer holds the pipe open and waits for an answer, when something fails. */

let program = '';

test.before(async () => {
  program = await programFile();
});

interface Ending {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

interface Running {
  readonly input: Writable;
  /** Resolves once standard output holds this. */
  readonly says: (text: string) => Promise<void>;
  readonly ended: Promise<Ending>;
}

/**
 * Starts the program with an input that stays open.
 * @param fifo where the input is a named FIFO instead of standard input
 */
function start(
  argv: readonly string[],
  { limit = '', fifo }: { limit?: string; fifo?: string } = {},
): Running {
  const child = spawn('bash', ['-c', `${limit} exec "$@"`, 'bash', process.execPath, program, ...argv]);
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const input = fifo === undefined ? child.stdin : createWriteStream(fifo);
  // The program may end before it has taken its input.
  input.on('error', () => undefined);
  return {
    input,
    says: async (text) => {
      while (!stdout.includes(text)) await once(child.stdout, 'data');
    },
    ended: once(child, 'close').then(([code]) => {
      input.destroy();
      return { code: code as number | null, stdout, stderr };
    }),
  };
}

function run(...argv: string[]) {
  return spawnSync(process.execPath, [program, ...argv], { encoding: 'utf8' });
}

const LONG = `{"key":"long","value":"${'y'.repeat(300_000)}"}\n`;

interface Case {
  readonly title: string;
  readonly store: string;
  readonly limit?: string;
  readonly argv?: readonly string[];
  readonly line: string;
  readonly code: number;
  readonly message: RegExp;
}

const CASES: readonly Case[] = [
  ...['store', 'store.snap'].map((store): Case => ({
    title: `a write that fails, ${store}`,
    store,
    limit: 'ulimit -f 200;',
    line: LONG,
    code: 6,
    message: /EFBIG/,
  })),
  {
    title: 'a line that the store refuses',
    store: 'store.snap',
    line: '{"keyBase64":"//8=","value":"1"}\n',
    code: 8,
    message: /line 2 was refused/,
  },
  {
    title: 'a line that is no JSON',
    store: 'store',
    line: 'nonsense\n',
    code: 2,
    message: /line 2 was refused/,
  },
  {
    title: 'a line without a key, in a batch of deletes',
    store: 'store',
    argv: ['delete', '--batch'],
    line: '{"value":"x"}\n',
    code: 2,
    message: /line 2 was refused/,
  },
];

for (const { title, store: name, limit, argv = ['put', '--batch'], line, code, message } of CASES) {
  for (const isNamed of [false, true]) {
    test(`while the producer waits, a batch ends at once with its code: ${title}${isNamed ? ', from a FIFO' : ''}`, async (t) => {
      const home = tempDir(t);
      const store = path.join(home, name);
      t.is(run('put', store, 'first', '1').status, 0);
      const fifo = isNamed ? path.join(home, 'fifo') : undefined;
      if (fifo !== undefined) spawnSync('mkfifo', [fifo]);
      const [command, ...flags] = argv;
      const running = start([command!, store, ...flags, fifo ?? '-', '--ack'], {
        ...(limit === undefined ? {} : { limit }),
        ...(fifo === undefined ? {} : { fifo }),
      });
      running.input.write('{"key":"ok","value":"1"}\n');
      await running.says('{"acknowledged":1}\n');
      running.input.write(line);
      const ended = await running.ended;
      t.is(ended.code, code, ended.stderr);
      t.regex(ended.stderr, message);
      t.is(ended.stdout, '{"acknowledged":1}\n');
      t.is(run('put', store, 'next', '1').status, 0, 'the lock is free');
    });
  }
}

test('a value that is too long is refused while the producer waits', async (t) => {
  const store = path.join(tempDir(t), 'store');
  const running = start(['put', store, 'k', '--file', '-']);
  const piece = Buffer.alloc(1 << 20);
  for (let megabytes = 0; megabytes <= 256; megabytes++) {
    if (running.input.write(piece)) continue;
    await Promise.race([once(running.input, 'drain').catch(() => undefined), running.ended]);
  }
  t.is((await running.ended).code, 8);
});

test('lines that an earlier run took are acknowledged as they come, and not before', async (t) => {
  const store = path.join(tempDir(t), 'store');
  const argv = ['put', store, '--batch', '-', '--tsv', '--source', 'feed', '--ack'];
  spawnSync(process.execPath, [program, ...argv], { input: 'a\t1\nb\t2\n' });
  const running = start(argv);
  for (const [index, line] of ['a\t1\n', 'b\t2\n', 'c\t3\n'].entries()) {
    running.input.write(line);
    await running.says(`{"acknowledged":${index + 1}}\n`);
  }
  running.input.end();
  t.is((await running.ended).stdout, '{"acknowledged":1}\n{"acknowledged":2}\n{"acknowledged":3}\n');
});
