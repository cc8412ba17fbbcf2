import { once } from 'node:events';
import path from 'node:path';
import test from 'ava';
import { openWritable } from '../../../src/engine/inspect/open.js';
import { commandLine } from '../../support/command-line.js';
import { programFile } from '../../support/program.js';
import { tempDir } from '../../support/temp-dir.js';
import { startSession } from './killed-session.js';

const UTF8 = new TextEncoder();

let program = '';

test.before(async () => {
  program = await programFile();
});

for (const name of ['store', 'fold.snap']) {
  test(`a session of a ${name} reads while another writer holds the lock, and sees each of its puts`, async (t) => {
    const place = path.join(tempDir(t), name);
    const writer = await openWritable(place, { create: {} });
    writer.put(UTF8.encode('a'), UTF8.encode('1'));
    await writer.sync();
    const { child, next } = startSession(program, place);
    const ask = async (request: object): Promise<unknown> => {
      child.stdin.write(`${JSON.stringify(request)}\n`);
      return JSON.parse(await next()) as unknown;
    };
    t.like(await ask({ op: 'get', key: 'a' }), { found: true, value: '1' });
    writer.put(UTF8.encode('a'), UTF8.encode('2'));
    await writer.sync();
    t.like(await ask({ op: 'get', key: 'a' }), { found: true, value: '2' });
    await writer.checkpoint({});
    writer.put(UTF8.encode('b'), UTF8.encode('3'));
    await writer.sync();
    t.like(await ask({ op: 'scan' }), {
      entries: [
        { key: 'a', value: '2' },
        { key: 'b', value: '3' },
      ],
    });
    t.like(await ask({ op: 'check', key: 'b', ifAbsent: true }), { held: false });
    t.like(await ask({ op: 'put', key: 'c', value: '4' }), { error: { code: 'LOCKED' } });
    writer.close();
    t.like(await ask({ op: 'put', key: 'c', value: '4' }), { applied: true });
    t.like(await ask({ op: 'count' }), { count: 3 });
    child.stdin.end();
    const [code] = (await once(child, 'exit')) as [number];
    t.is(code, 0);
  });
}

test('a session that only reads changes no store: it leaves the lock to others, and its files as they are', async (t) => {
  const store = path.join(tempDir(t), 'store');
  await commandLine(['put', store, 'a', '1']);
  const { child, next } = startSession(program, store, '--no-create');
  child.stdin.write('{"op":"get","key":"a"}\n');
  t.is(await next(), '{"ok":true,"found":true,"value":"1"}');
  t.is((await commandLine(['put', store, 'b', '2'])).exitCode, 0);
  child.stdin.end('{"op":"count"}\n');
  t.is(await next(), '{"ok":true,"count":2}');
  await once(child, 'exit');
});
