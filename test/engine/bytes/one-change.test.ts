import test from 'ava';
import fc from 'fast-check';
import { crc32, crc32c } from '../../../src/engine/bytes/crc/checksum.js';
import { OneChangeSearch, type ByteChange } from '../../../src/engine/bytes/crc/one-change.js';
import { CASTAGNOLI, IEEE } from '../../../src/engine/bytes/crc/polynomial.js';
import { TwoBitsCheck } from '../../../src/engine/bytes/crc/two-bits.js';

const ALL = { wrong: true, lost: true, added: true };
const CRCS = [
  { name: 'CRC-32C', polynomial: CASTAGNOLI, sum: crc32c },
  { name: 'CRC-32', polynomial: IEEE, sum: crc32 },
] as const;

function changed(bytes: Uint8Array, { kind, at, byte }: ByteChange): Uint8Array {
  const head = [...bytes.subarray(0, at)];
  const behind = kind === 'lost' ? at : at + 1;
  return Uint8Array.from([...head, ...(kind === 'added' ? [] : [byte]), ...bytes.subarray(behind)]);
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

for (const { name, polynomial, sum } of CRCS) {
  const search = new OneChangeSearch(polynomial);
  const twoBits = new TwoBitsCheck(polynomial);

  test(`every byte that is wrong, lost or added is found again by ${name}, and each fit once`, (t) => {
    const bytes = fc.uint8Array({ minLength: 1, maxLength: 300 });
    fc.assert(
      fc.property(
        bytes,
        fc.nat(),
        fc.integer({ min: 1, max: 255 }),
        fc.nat(2),
        (whole, place, other, what) => {
          const at = place % whole.length;
          const kind = (['wrong', 'lost', 'added'] as const)[what]!;
          const back = { wrong: 'wrong', lost: 'added', added: 'lost' } as const;
          const byte = kind === 'wrong' ? whole[at]! ^ other : other;
          const damaged = changed(whole, { kind: back[kind], at, byte });
          if (hex(damaged) === hex(whole)) return;
          const fits = search.find(damaged, 0, damaged.length, sum(damaged), sum(whole), ALL);
          const results = fits.map((fit) => hex(changed(damaged, fit)));
          t.true(results.includes(hex(whole)));
          t.is(new Set(results).size, results.length);
          for (const result of results) t.is(sum(Buffer.from(result, 'hex')), sum(whole));
        },
      ),
    );
  });

  test(`two wrong bits in different bytes are known as such by ${name}, wherever they are`, (t) => {
    const bytes = fc.uint8Array({ minLength: 2, maxLength: 200 });
    fc.assert(
      fc.property(bytes, fc.nat(), fc.nat(), (whole, one, other) => {
        const bits = (whole.length + 4) * 8;
        const [first, second] = [one % bits, other % bits];
        if (first >> 3 === second >> 3) return;
        const damaged = whole.slice();
        let stated = sum(whole);
        for (const bit of [first, second]) {
          if (bit < 32) stated = (stated ^ (1 << bit)) >>> 0;
          else damaged[(bit >> 3) - 4]! ^= 1 << (bit & 7);
        }
        t.true(twoBits.explains(sum(damaged) ^ stated, whole.length));
      }),
    );
  });

  test(`what one wrong bit did is not taken for two by ${name}`, (t) => {
    const whole = Uint8Array.from({ length: 64 }, (_, at) => (at * 37) & 0xff);
    for (let bit = 0; bit < whole.length * 8; bit++) {
      const damaged = whole.slice();
      damaged[bit >> 3]! ^= 1 << (bit & 7);
      t.false(twoBits.explains(sum(damaged) ^ sum(whole), whole.length));
    }
  });
}
