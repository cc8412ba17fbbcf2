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

test('a key that another core wrote, too, falls back to what that wrote before, and is not lost where it wrote later', (t) => {
  const at = (timestampNs: bigint) => ({ epoch: 1n, timestampNs });
  const lostWith = (...beside: readonly ['put' | 'delete', bigint][]): boolean[] => {
    const lost = new LostKeys();
    lost.note({ key: bytesOf('a'), op: 'put', file: 'log', offset: 0, written: at(50n) }, 0);
    for (const [op, ns] of beside) lost.seeBeside(bytesOf('a'), 0, 1, op, at(ns));
    return [...lost.resolve()].map(({ fallsBack }) => fallsBack);
  };
  t.deepEqual(lostWith(), [false]);
  t.deepEqual(lostWith(['put', 40n]), [true]);
  t.deepEqual(lostWith(['put', 20n], ['delete', 30n], ['put', 10n]), [false]);
  t.deepEqual(lostWith(['put', 60n]), []);
});
