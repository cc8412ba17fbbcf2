import test, { type ExecutionContext } from 'ava';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { createInterface, type Interface } from 'node:readline';
import { pathToFileURL } from 'node:url';
import { commandLine } from '../../support/command-line.js';
import { projectRoot } from '../../support/project-root.js';
import { tempDir } from '../../support/temp-dir.js';

async function run(t: ExecutionContext, ...argv: string[]): Promise<string> {
  const { exitCode, stdout, stderr } = await commandLine(argv);
  t.is(exitCode, 0, `${argv.join(' ')}: ${stderr}`);
  return stdout;
}

/** A process that replicates and follows, and the lines that it prints. */
class Following {
  readonly process: ChildProcess;
  readonly ended: Promise<unknown[]>;
  readonly #lines: Interface;

  constructor(store: string, url: string) {
    const program = path.join(projectRoot, 'bin', 'run.js');
    const argv = [program, 'replicate', store, url, '--follow', '--every', '1s', '--json'];
    this.process = spawn(process.execPath, argv, { stdio: ['ignore', 'pipe', 'inherit'] });
    this.ended = once(this.process, 'close');
    this.#lines = createInterface({ input: this.process.stdout! });
  }

  /** Waits for a round. */
  async round(): Promise<{ readonly kind: string; readonly position: string }> {
    for (;;) {
      const [line] = (await once(this.#lines, 'line')) as [string];
      const { replicated } = JSON.parse(line) as { replicated?: { kind: string; position: string } };
      if (replicated !== undefined) return replicated;
    }
  }
}

test('a store is replicated once, by what changed, and nothing is said twice', async (t) => {
  const folder = tempDir(t);
  const store = path.join(folder, 'orders');
  const url = pathToFileURL(path.join(folder, 'bucket', 'orders')).href;
  await run(t, 'put', store, 'a', '1');
  t.regex(await run(t, 'replicate', store, url), /orders: 0\+1: 1 key, .* s behind\n$/);
  await run(t, 'put', store, 'b', '2');
  t.regex(await run(t, 'replicate', store, url), /orders: 0\+2: 1 put, 0 deletes, .* s behind\n$/);
  const none = JSON.parse(await run(t, 'replicate', store, url, '--json')) as { replicated: object };
  t.like(none.replicated, { kind: 'none', position: '0+2', keys: 2, puts: 0, deletes: 0, bytes: 0 });
  t.is(await run(t, 'diff', store, url), '');
  const other = path.join(folder, 'other');
  await run(t, 'put', other, 'x', '1');
  const refused = await commandLine(['replicate', other, url]);
  t.is(refused.exitCode, 8);
  t.regex(refused.stderr, /another store/);
  t.is((await commandLine(['replicate', path.join(folder, 'none'), url])).exitCode, 6);
  t.is((await commandLine(['replicate', store, folder])).exitCode, 2);
  t.is((await commandLine(['replicate', '', url])).exitCode, 2);
});

test('a process that follows is killed again and again, goes on, and ends by a signal in good order', async (t) => {
  const folder = tempDir(t);
  const store = path.join(folder, 'orders');
  const url = pathToFileURL(path.join(folder, 'bucket', 'orders')).href;
  await run(t, 'put', store, 'a', '0');
  for (let kill = 0; kill < 4; kill++) {
    const following = new Following(store, url);
    await following.round();
    await run(t, 'put', store, `key ${kill}`, String(kill));
    t.is((await following.round()).kind, 'increment');
    await run(t, 'delete', store, 'a');
    following.process.kill('SIGKILL');
    await following.ended;
    await run(t, 'put', store, 'a', String(kill));
  }
  const last = new Following(store, url);
  await last.round();
  last.process.kill('SIGTERM');
  t.deepEqual(await last.ended, [null, 'SIGTERM']);
  const copy = path.join(folder, 'copy');
  await run(t, 'import', url, copy);
  t.is(await run(t, 'diff', store, copy), '');
});
