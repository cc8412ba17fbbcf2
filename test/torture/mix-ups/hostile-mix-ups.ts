import { checksumHex, crc32c } from '../../../src/engine/bytes/crc/checksum.js';
import { toUtf8 } from '../../../src/engine/bytes/text/text.js';
import type { SeededRandom } from '../../simulated-disk/seeded-random.js';
import { change, isCompressed, move, named, oneOf, segments, twoOf, type Kind } from './mix-up-files.js';

const MANIFEST = 'MANIFEST.json';
const INDEX_HEADER_BYTES = 32;
const PAGE_BYTES = 4096;
const STRANGE_NUMBERS = [0, 1, 7, 31, 0x7fff_ffff, 0x8000_0000, 0xffff_fff8, 0xffff_ffff];
const STRANGE_NAMES = [
  'data.bin',
  'wal-0.log',
  'state-0.db',
  'state-1.idx',
  'MANIFEST.json.old',
  'a b.log',
  'wal/wal-3.log',
];

interface JsonCore {
  nextSequence: string;
  lastTimestampNs: string;
  writePos: number;
  indexCrc: number;
}

interface JsonManifest {
  storeId: string;
  cores: number;
  keep: number;
  checkpoints: { epoch: string; sources: Record<string, string>; watermark: null; cores: JsonCore[] }[];
  crc32c?: string;
}

/** What somebody, or something, may do to indexes, manifests and names that is meant to mislead. */
export const HOSTILE_KINDS: Readonly<Record<string, Kind>> = {
  'an index whose numbers are others': (mixUp, { random }) => {
    change(mixUp, oneOf(random, named(mixUp.tree, '.idx')), (bytes) => withStrangeNumbers(random, bytes));
    mixUp.mayEndSooner = true;
  },
  'an index whose numbers are others, under checksums that fit': (mixUp, { random }) => {
    change(mixUp, oneOf(random, named(mixUp.tree, '.idx')), (bytes) =>
      withSumsThatFit(withStrangeNumbers(random, bytes)),
    );
    mixUp.isForged = true;
  },
  'a manifest that lacks a checkpoint': (mixUp, { random }) => {
    changeManifest(mixUp.tree, ({ checkpoints }) => checkpoints.splice(random.below(checkpoints.length), 1));
  },
  'a manifest with a checkpoint too many': (mixUp, { random }) => {
    changeManifest(mixUp.tree, ({ checkpoints }) => {
      const last = checkpoints.at(-1);
      if (last !== undefined)
        checkpoints.push({ ...last, epoch: String(Number(last.epoch) + 1 + random.below(3)) });
    });
  },
  'a manifest with other numbers': (mixUp, { random }) => {
    changeManifest(mixUp.tree, ({ checkpoints }) => {
      const core = oneOf(random, oneOf(random, checkpoints)?.cores ?? []);
      if (core === undefined) return;
      const number = oneOf(random, STRANGE_NUMBERS)!;
      const field = oneOf(random, ['nextSequence', 'lastTimestampNs', 'writePos', 'indexCrc'] as const)!;
      if (field === 'writePos' || field === 'indexCrc') core[field] = number;
      else core[field] = String(number);
    });
    mixUp.isForged = true;
  },
  'a manifest with more cores': (mixUp, { random }) => {
    changeManifest(mixUp.tree, (manifest) => {
      const more = 1 + random.below(3);
      manifest.cores += more;
      for (const { cores } of manifest.checkpoints) {
        for (let count = 0; count < more; count++) cores.push({ ...cores[0]! });
      }
    });
  },
  'a manifest with fewer cores': (mixUp) => {
    changeManifest(mixUp.tree, (manifest) => {
      if (manifest.cores === 1) return;
      manifest.cores = 1;
      for (const { cores } of manifest.checkpoints) cores.splice(1);
    });
  },
  'a manifest with the name of another store': (mixUp, { random }) => {
    changeManifest(mixUp.tree, (manifest) => {
      manifest.storeId = Buffer.from(random.fill(new Uint8Array(16))).toString('hex');
    });
  },
  'a file under the name of another kind': (mixUp, { random }) => {
    const from = oneOf(random, [
      ...segments(mixUp.tree),
      ...named(mixUp.tree, '.db'),
      ...named(mixUp.tree, '.idx'),
    ]);
    if (from === undefined) return;
    const name = oneOf(random, STRANGE_NAMES)!;
    const folder = oneOf(random, ['', 'old/', `${from.slice(0, from.lastIndexOf('/'))}/`])!;
    move(mixUp, from, `${folder}${name}`);
  },
  'a checkpoint under another epoch': (mixUp, { random }) => {
    const epochs = [...new Set(named(mixUp.tree, '.idx').map((path) => path.split('/')[1]!))];
    const from = oneOf(random, epochs);
    const to = 1 + random.below(9);
    const isCopy = random.below(2) === 0;
    for (const path of [...mixUp.tree.keys()].filter((each) => each.startsWith(`checkpoints/${from}/`))) {
      const into = path.replace(`/${from}/`, `/${to}/`);
      if (into === path) continue;
      mixUp.tree.set(into, mixUp.tree.get(path)!);
      if (!isCopy) mixUp.tree.delete(path);
    }
  },
  'two segments joined, one of them cut': (mixUp, { random }) => {
    const [into, from] = twoOf(random, segments(mixUp.tree));
    if (into === undefined || from === undefined) return;
    if (isCompressed(mixUp.tree, into) || isCompressed(mixUp.tree, from)) return;
    const [one, other] = [mixUp.tree.get(into)!, mixUp.tree.get(from)!];
    const [first, second] = random.below(2) === 0 ? [one, other] : [other, one];
    const cut = random.below(2) === 0;
    mixUp.tree.set(
      into,
      Buffer.concat([
        cut ? first.subarray(0, random.below(first.length + 1)) : first,
        cut ? second : second.subarray(random.below(second.length + 1)),
      ]),
    );
    mixUp.tree.delete(from);
    mixUp.mayEndSooner = true;
  },
  'segments of another store in the place of ours': (mixUp, { random, other }) => {
    const path = oneOf(random, segments(mixUp.tree));
    const theirs = path === undefined ? undefined : other.moments.at(-1)!.get(path);
    if (path === undefined || theirs === undefined) return;
    mixUp.tree.set(path, theirs);
    // No record names its store.
    mixUp.isForged = true;
  },
};

function withStrangeNumbers(random: SeededRandom, bytes: Buffer): Buffer {
  for (let times = 1 + random.below(6); times > 0; times--) {
    const words = Math.floor((bytes.length - INDEX_HEADER_BYTES) / 4);
    if (words < 1) return bytes;
    const at = INDEX_HEADER_BYTES + 4 * random.below(words);
    const near = (bytes.readUInt32LE(at) + random.below(65) - 32) >>> 0;
    const back = -random.below(bytes.length) >>> 0;
    const number = oneOf(random, [...STRANGE_NUMBERS, near, back, random.below(bytes.length)])!;
    bytes.writeUInt32LE(number, at);
  }
  return bytes;
}

/** Computes the checksums of an index's pages and of its block anew. */
function withSumsThatFit(bytes: Buffer): Buffer {
  const blockLength = bytes.readUInt32LE(12);
  const start = INDEX_HEADER_BYTES + blockLength;
  if (blockLength < 80 || start > bytes.length) return bytes;
  for (let page = 0; start + page * PAGE_BYTES < bytes.length; page++) {
    const sumAt = INDEX_HEADER_BYTES + 80 + 4 * page;
    if (sumAt + 4 > start) return bytes;
    const from = start + page * PAGE_BYTES;
    bytes.writeUInt32LE(crc32c(bytes, from, Math.min(bytes.length, from + PAGE_BYTES)), sumAt);
  }
  bytes.writeUInt32LE(crc32c(bytes, INDEX_HEADER_BYTES + 8, start), INDEX_HEADER_BYTES + 4);
  return bytes;
}

/** Changes what a manifest says; its checksum is that of what it says then. */
function changeManifest(tree: Map<string, Uint8Array>, how: (manifest: JsonManifest) => void): void {
  const bytes = tree.get(MANIFEST);
  if (bytes === undefined) return;
  let manifest: JsonManifest;
  try {
    manifest = JSON.parse(new TextDecoder().decode(bytes)) as JsonManifest;
  } catch {
    return;
  }
  delete manifest.crc32c;
  how(manifest);
  const crc = checksumHex(crc32c(toUtf8(JSON.stringify(manifest))));
  tree.set(MANIFEST, toUtf8(JSON.stringify({ ...manifest, crc32c: crc }, null, 2)));
}
