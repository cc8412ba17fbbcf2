import { once } from 'node:events';
import path from 'node:path';
import test from 'ava';
import { commandLine } from '../../support/command-line.js';
import { programFile } from '../../support/program.js';
import { tempDir } from '../../support/temp-dir.js';
import { KILLED_STORES, killAgainAndAgain, type RunningSession, startSession } from './killed-session.js';

/* The real program, bundled as the build does, over real pipes. */

let program = '';

test.before(async () => {
  program = await programFile();
});

function session(store: string, ...flags: string[]): RunningSession {
  return startSession(program, store, ...flags);
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

for (const place of KILLED_STORES) {
  test(`killed again and again, a session of ${place[0]} loses nothing that it answered, and leaves no group half there`, async (t) => {
    await killAgainAndAgain(t, program, place, 3);
  });
}
