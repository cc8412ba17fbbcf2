import test from 'ava';
import { LostKeys } from '../../../src/engine/repair/account/lost-keys.js';

const bytesOf = (text: string): Uint8Array => new Uint8Array(Buffer.from(text));

/** What is lost of a log of good records, with damaged ones between them: `!` marks a damaged one. */
function lostOf(log: readonly string[], below: readonly string[] = []): string[] {
  const lost = new LostKeys();
  const good: [string, 'put' | 'delete'][] = [];
  for (const [offset, word] of log.entries()) {
    const op = word.startsWith('-') ? ('delete' as const) : ('put' as const);
    const key = word.replace(/^[-+]/, '').replace('!', '');
    if (word.endsWith('!')) lost.note({ key: bytesOf(key), op, file: 'log', offset }, good.length);
    else good.push([key, op]);
  }
  for (const [index, [key, op]] of good.entries()) lost.see(bytesOf(key), 0, key.length, op, index);
  return [...lost.resolve((key) => below.includes(Buffer.from(key).toString()))].map(
    ({ key, op, fallsBack }) => `${op} ${Buffer.from(key).toString()}${fallsBack ? ' falls back' : ''}`,
  );
}

test('a lost put falls back to the value before it, or leaves nothing', (t) => {
  t.deepEqual(lostOf(['+a', '+a!']), ['put a falls back']);
  t.deepEqual(lostOf(['+a!']), ['put a']);
  t.deepEqual(lostOf(['+a', '-a', '+a!']), ['put a']);
  t.deepEqual(lostOf(['+b', '+a!'], ['a']), ['put a falls back']);
});

test('what a later record makes up for is not lost', (t) => {
  t.deepEqual(lostOf(['+a', '+a!', '+a']), []);
  t.deepEqual(lostOf(['+a!', '-a']), []);
  t.deepEqual(lostOf(['+a!', '+b', '+a', '+a!']), ['put a falls back']);
});

test('a lost delete counts only where its key comes back', (t) => {
  t.deepEqual(lostOf(['+a', '-a!']), ['delete a falls back']);
  t.deepEqual(lostOf(['-a!']), []);
  t.deepEqual(lostOf(['-a!'], ['a']), ['delete a falls back']);
  t.deepEqual(lostOf(['+a', '-a', '-a!'], ['a']), []);
});
