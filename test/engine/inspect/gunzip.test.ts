import { gzipSync } from 'node:zlib';
import test from 'ava';
import { gunzipped, type GunzipOutcome } from '../../../src/engine/inspect/input/gunzip.js';
import { SeededRandom } from '../../simulated-disk/seeded-random.js';

const ONE = Buffer.from(new SeededRandom(1).fill(new Uint8Array(100_000)));
const OTHER = Buffer.from('a text that packs well '.repeat(1000));
const JUNK = Buffer.from('bytes of another program');

/** Expands bytes that come in chunks of a length. */
async function expand(
  bytes: Buffer,
  chunkBytes: number,
): Promise<{ content: Buffer; outcome: GunzipOutcome }> {
  const chunks: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; at += chunkBytes) chunks.push(bytes.subarray(at, at + chunkBytes));
  const content: Uint8Array[] = [];
  let outcome: GunzipOutcome | undefined;
  for await (const chunk of gunzipped(chunks, (ended) => (outcome = ended))) content.push(chunk);
  return { content: Buffer.concat(content), outcome: outcome! };
}

for (const chunkBytes of [7, 1000, 65_536, 1_000_000]) {
  test(`all that gzip wrote is had from chunks of ${chunkBytes} bytes, and what lies behind it is told`, async (t) => {
    const members = Buffer.concat([gzipSync(ONE), gzipSync(OTHER)]);
    const content = Buffer.concat([ONE, OTHER]);
    t.deepEqual(await expand(members, chunkBytes), { content, outcome: { members: 2, damage: undefined } });
    const padded = await expand(Buffer.concat([members, Buffer.alloc(512)]), chunkBytes);
    t.deepEqual(padded, { content, outcome: { members: 2, damage: undefined } });
    const damage = { reason: 'gzip did not write what follows', offset: members.length };
    const followed = await expand(Buffer.concat([members, JUNK]), chunkBytes);
    t.deepEqual(followed, { content, outcome: { members: 2, damage } });
  });
}

test('of a stream that is cut, or damaged, what comes out before that is had', async (t) => {
  const packed = gzipSync(ONE);
  const cut = await expand(packed.subarray(0, 60_000), 4096);
  t.is(cut.outcome.damage?.reason, 'unexpected end of file');
  t.true(cut.content.length > 50_000);
  t.true(ONE.subarray(0, cut.content.length).equals(cut.content));
  const bad = Buffer.from(packed);
  bad[bad.length - 6]! ^= 1;
  const { content, outcome } = await expand(bad, 4096);
  t.true(content.equals(ONE));
  t.is(outcome.damage?.reason, 'incorrect data check');
});

test('names and further fields of a header are passed over', async (t) => {
  const plain = gzipSync(OTHER);
  const fields = Buffer.concat([
    Buffer.from([3, 0, 1, 2, 3]),
    Buffer.from('wal-0.log\0kept\0'),
    Buffer.from([9, 9]),
  ]);
  const header = Buffer.from(plain.subarray(0, 10));
  header[3] = 0b11110;
  const { content, outcome } = await expand(Buffer.concat([header, fields, plain.subarray(10)]), 5);
  t.true(content.equals(OTHER));
  t.is(outcome.damage, undefined);
});
