import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface, type Interface } from 'node:readline';
import test from 'ava';
import { bundle } from '../../../scripts/bundle.mjs';
import { StateDirectory } from '../../../src/engine/directory/state-directory.js';
import { openReadable } from '../../../src/engine/inspect/open.js';
import { commandLine } from '../../support/command-line.js';
import { projectRoot } from '../../support/project-root.js';
import { tempDir } from '../../support/temp-dir.js';

/* The real program, bundled as the build does, over real pipes. */

const folder = mkdtempSync(path.join(tmpdir(), 'statelog-session-'));
const starter = path.join(folder, 'start.cjs');

test.before(async () => {
  await bundle('src/cli/program/start.ts', path.join(folder, 'program.cjs'));
  symlinkSync(path.join(projectRoot, 'node_modules'), path.join(folder, 'node_modules'));
  writeFileSync(starter, `require('./program.cjs').start(__dirname)`);
});
test.after.always(() => {
  rmSync(folder, { recursive: true, force: true });
});

interface Running {
  readonly child: ChildProcessWithoutNullStreams;
  readonly lines: Interface;
  readonly next: () => Promise<string>;
}

function session(store: string, ...flags: string[]): Running {
  const child = spawn(process.execPath, [starter, 'session', store, ...flags]);
  child.stderr.resume();
  child.stdin.on('error', () => undefined);
  const lines = createInterface({ input: child.stdout });
  const answers = lines[Symbol.asyncIterator]();
  return { child, lines, next: async () => String((await answers.next()).value) };
}

test('an open pipe never holds an answer back, and the end of input is 0', async (t) => {
  const store = path.join(tempDir(t), 'store');
  const { child, next } = session(store);
  for (let id = 0; id < 5; id++) {
    child.stdin.write(`{"id":${id},"op":"increment","key":"n"}\n`);
    t.is(await next(), `{"id":${id},"ok":true,"value":"${id + 1}"}`);
  }
  child.stdin.end();
  const [code] = (await once(child, 'exit')) as [number];
  t.is(code, 0);
});

test('the lock is let go while nothing comes, and taken again', async (t) => {
  const store = path.join(tempDir(t), 'store');
  const { child, next } = session(store, '--idle', '0.05');
  child.stdin.write(`{"id":1,"op":"put","key":"a","value":"1"}\n`);
  t.is(await next(), '{"id":1,"ok":true,"applied":true}');
  t.is((await commandLine(['put', store, 'b', 'by another', '--wait', '10'])).exitCode, 0);
  child.stdin.write(`{"id":2,"op":"get","key":"b"}\n`);
  t.is(await next(), '{"id":2,"ok":true,"found":true,"value":"by another"}');
  child.stdin.end();
  await once(child, 'exit');
});

for (const [kind, name, cores] of [
  ['a state directory', 'store', 1],
  ['a state directory of three cores', 'store', 3],
  ['a fold log', 'fold.snap', undefined],
] as const) {
  test(`killed again and again, a session of ${kind} loses nothing that it answered, and leaves no group half there`, async (t) => {
    const store = path.join(tempDir(t), name);
    if (cores !== undefined) StateDirectory.create(store, { cores });
    let group = 0;
    for (let round = 0; round < 8; round++) {
      const { child, lines, next } = session(store);
      const answered = new Set<number>();
      lines.on('line', (line) => {
        const { id, ok } = JSON.parse(line) as { id: number; ok?: boolean };
        if (ok === true) answered.add(id);
      });
      const first = group;
      const killAt = 30 + 37 * round;
      child.stdin.write(`{"id":-1,"op":"count"}\n`);
      await next();
      const exit = once(child, 'exit');
      for (; group < first + killAt + 200; group++) {
        const puts = ['x', 'y', 'z'].map((key) => ({ op: 'put', key: `${key}${group}`, value: `${group}` }));
        child.stdin.write(`${JSON.stringify({ id: group, op: 'group', operations: puts })}\n`);
        if (group === first + killAt) await new Promise((resolve) => lines.once('line', resolve));
        if (group === first + killAt) child.kill('SIGKILL');
      }
      await exit;
      const reader = openReadable(store);
      for (let number = first; number < group; number++) {
        const there = ['x', 'y', 'z'].filter(
          (key) => reader.get(Buffer.from(`${key}${number}`)) !== undefined,
        );
        if (there.length !== 0 && there.length !== 3) t.fail(`of group ${number} there is ${there.join()}`);
        if (answered.has(number) && there.length === 0) t.fail(`group ${number} was answered, and is gone`);
      }
      reader.close();
      t.true(answered.size > 0);
    }
  });
}
