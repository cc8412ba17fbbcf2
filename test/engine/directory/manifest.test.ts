import test from 'ava';
import fc from 'fast-check';
import {
  decodeManifest,
  encodeManifest,
  liveEpoch,
  type DirectoryManifest,
} from '../../../src/engine/directory/manifest/manifest.js';
import { StatelogError, isStatelogError } from '../../../src/engine/errors.js';

const example: DirectoryManifest = {
  storeId: new Uint8Array(16).map((_, index) => index * 7),
  cores: 2,
  keep: 2,
  checkpoints: [
    {
      epoch: 6n,
      sources: new Map([
        ['constructor', 1n],
        ['orders', 9_007_199_254_740_993n],
      ]),
      watermark: -5n,
      cores: [
        {
          nextSequence: 12n,
          lastTimestampNs: 1_770_000_000_000_000_001n,
          writePos: 4_294_967_296,
          indexCrc: 7,
        },
        { nextSequence: 0n, lastTimestampNs: 0n, writePos: 0, indexCrc: 0xffff_ffff },
      ],
    },
  ],
};

test('a manifest reads back as it was written', (t) => {
  t.deepEqual(decodeManifest(encodeManifest(example), 'M'), example);
  t.is(liveEpoch(example), 7n);
  t.is(liveEpoch({ ...example, checkpoints: [] }), 1n);
});

test('a newer format is told apart from damage and from a foreign file', (t) => {
  const newer = new TextDecoder().decode(encodeManifest(example)).replace('"format": 1', '"format": 2');
  t.true(codeOf(() => decodeManifest(Buffer.from(newer), 'M')) === 'UNSUPPORTED_VERSION');
  t.is(
    codeOf(() => decodeManifest(Buffer.from('{"schema_version":1}'), 'M')),
    'UNKNOWN_FORMAT',
  );
  t.is(
    codeOf(() => decodeManifest(Buffer.from(''), 'M')),
    'DAMAGED',
  );
});

test('no flipped bit changes what a manifest says', (t) => {
  const good = encodeManifest(example);
  for (let bit = 0; bit < good.length * 8; bit++) {
    const bad = good.slice();
    bad[bit >> 3] = (bad[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    try {
      t.deepEqual(decodeManifest(bad, 'M'), example, `bit ${String(bit)}`);
    } catch (error) {
      t.true(isStatelogError(error), `bit ${String(bit)}: ${String(error)}`);
    }
  }
});

test('any bytes give a manifest or a StatelogError', (t) => {
  t.notThrows(() => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.uint8Array(),
          fc.json().map((text) => Buffer.from(text)),
        ),
        (bytes) => {
          try {
            decodeManifest(bytes, 'M');
          } catch (error) {
            if (!(error instanceof StatelogError)) throw error;
          }
        },
      ),
    );
  });
});

function codeOf(run: () => unknown): string | undefined {
  try {
    run();
    return undefined;
  } catch (error) {
    return isStatelogError(error) ? error.code : String(error);
  }
}
