import type { SeededRandom } from '../../simulated-disk/seeded-random.js';
import { HOSTILE_KINDS } from './hostile-mix-ups.js';
import {
  BLOCK_BYTES,
  blocksOf,
  copy,
  exchange,
  isCompressed,
  move,
  named,
  oneOf,
  segments,
  twoOf,
  type Kind,
  type Materials,
  type MixUp,
} from './mix-up-files.js';
import { TRANSFER_KINDS } from './transfer-mix-ups.js';

/** Does one or two things to the files of a store that people and disks do to them. */
export function mixUp(materials: Materials): MixUp {
  const { random, store } = materials;
  const result: MixUp = {
    tree: new Map(store.moments.at(-1)),
    told: [],
    mayEndSooner: false,
    isForged: false,
  };
  const kinds = Object.entries({ ...KINDS, ...TRANSFER_KINDS, ...HOSTILE_KINDS });
  for (let times = 1 + random.below(2); times > 0; times--) {
    const [name, kind] = kinds[random.below(kinds.length)]!;
    result.told.push(name);
    kind(result, materials);
  }
  return result;
}

const KINDS: Readonly<Record<string, Kind>> = {
  'two segments exchanged': (mixUp, { random }) => {
    exchange(mixUp, ...twoOf(random, segments(mixUp.tree)));
  },
  'a segment under the name of another epoch': (mixUp, { random }) => {
    const from = oneOf(random, segments(mixUp.tree));
    if (from === undefined) return;
    move(mixUp, from, `wal/${1 + random.below(12)}/${from.split('/').at(-1)!}`);
  },
  'a copy of a segment under another epoch': (mixUp, { random }) => {
    const from = oneOf(random, segments(mixUp.tree));
    if (from === undefined) return;
    copy(mixUp, from, `wal/${9 + random.below(3)}/${from.split('/').at(-1)!}`);
  },
  'a segment under another name': (mixUp, { random }) => {
    const from = oneOf(random, segments(mixUp.tree));
    if (from !== undefined)
      move(mixUp, from, oneOf(random, [`${from}.bak`, `${from}.gz`, 'notes', 'old/log'])!);
  },
  'a copy of a segment besides': (mixUp, { random }) => {
    const from = oneOf(random, segments(mixUp.tree));
    if (from !== undefined) copy(mixUp, from, oneOf(random, [`${from}.bak`, 'copy.log', 'old/wal-0.log'])!);
  },
  'two indexes exchanged': (mixUp, { random }) => {
    exchange(mixUp, ...twoOf(random, named(mixUp.tree, '.idx')));
  },
  'two state files exchanged': (mixUp, { random }) => {
    exchange(mixUp, ...twoOf(random, named(mixUp.tree, '.db')));
  },
  'two checkpoints exchanged': (mixUp, { random }) => {
    const epochs = [...new Set(named(mixUp.tree, '.idx').map((path) => path.split('/')[1]!))];
    const [one, other] = twoOf(random, epochs);
    if (one === undefined || other === undefined) return;
    for (const path of [...mixUp.tree.keys()].filter((each) => each.startsWith(`checkpoints/${one}/`))) {
      exchange(mixUp, path, path.replace(`/${one}/`, `/${other}/`));
    }
  },
  'two segments joined': (mixUp, { random }) => {
    const [into, from] = twoOf(random, segments(mixUp.tree));
    if (into === undefined || from === undefined || isCompressed(mixUp.tree, into)) return;
    mixUp.tree.set(into, Buffer.concat([mixUp.tree.get(into)!, mixUp.tree.get(from)!]));
    if (random.below(2) === 0) mixUp.tree.delete(from);
  },
  'two blocks exchanged': (mixUp, { random }) => {
    copyBlock(mixUp, random, (bytes, overwritten, from) => overwritten.copy(bytes, from));
  },
  'a block over another': (mixUp, { random }) => {
    copyBlock(mixUp, random, () => undefined);
  },
  'an old copy of a file': (mixUp, { random, store }) => {
    const moment = oneOf(random, store.moments)!;
    const path = oneOf(
      random,
      [...moment.keys()].filter((each) => each !== 'LOCK'),
    );
    if (path === undefined) return;
    mixUp.tree.set(path, moment.get(path)!);
    mixUp.mayEndSooner = true;
  },
  'an old copy of the store within it': (mixUp, { random, store }) => {
    for (const [path, bytes] of oneOf(random, store.moments)!) mixUp.tree.set(`backup/${path}`, bytes);
  },
  'an older manifest': (mixUp, { random, store }) => {
    mixUp.tree.set('MANIFEST.json', oneOf(random, store.moments)!.get('MANIFEST.json')!);
  },
  'no manifest': (mixUp) => {
    mixUp.tree.delete('MANIFEST.json');
  },
  'the manifest of another store': (mixUp, { other }) => {
    mixUp.tree.set('MANIFEST.json', other.moments.at(-1)!.get('MANIFEST.json')!);
  },
  'a checkpoint of another store': (mixUp, { random, other }) => {
    const tree = other.moments.at(-1)!;
    const path = oneOf(random, named(tree, '.idx'));
    if (path === undefined) return;
    for (const each of [path, path.replace('.idx', '.db')]) mixUp.tree.set(each, tree.get(each)!);
  },
  'a file that is gone': (mixUp, { random }) => {
    const path = oneOf(
      random,
      [...mixUp.tree.keys()].filter((each) => each !== 'LOCK'),
    );
    if (path === undefined) return;
    mixUp.tree.delete(path);
    mixUp.mayEndSooner = true;
  },
  'a file cut short': (mixUp, { random }) => {
    const path = oneOf(
      random,
      [...mixUp.tree.keys()].filter((each) => each !== 'LOCK'),
    );
    const bytes = path === undefined ? undefined : mixUp.tree.get(path);
    if (path === undefined || bytes === undefined) return;
    mixUp.tree.set(path, bytes.subarray(0, random.below(bytes.length + 1)));
    mixUp.mayEndSooner = true;
  },
  'a stretch of zeros': (mixUp, { random }) => {
    const path = oneOf(random, [
      ...segments(mixUp.tree),
      ...named(mixUp.tree, '.db'),
      ...named(mixUp.tree, '.idx'),
    ]);
    const bytes = path === undefined ? undefined : mixUp.tree.get(path);
    if (path === undefined || bytes === undefined) return;
    const start = random.below(bytes.length + 1);
    const changed = Buffer.from(bytes);
    changed.fill(0, start, Math.min(bytes.length, start + 1 + random.below(2_000)));
    mixUp.tree.set(path, changed);
    mixUp.mayEndSooner = true;
  },
  'bytes put in': (mixUp, { random }) => {
    const path = oneOf(random, segments(mixUp.tree));
    const bytes = path === undefined ? undefined : mixUp.tree.get(path);
    if (path === undefined || bytes === undefined) return;
    const at = random.below(bytes.length + 1);
    const added = random.fill(new Uint8Array(1 + random.below(300)));
    mixUp.tree.set(path, Buffer.concat([bytes.subarray(0, at), added, bytes.subarray(at)]));
    mixUp.mayEndSooner = true;
  },
};

/**
 * Copies one block of a segment over another.
 * @param finish gets the segment afterwards, the block as it was, and where the copy came from
 */
function copyBlock(
  mixUp: MixUp,
  random: SeededRandom,
  finish: (bytes: Buffer, overwritten: Buffer, from: number) => void,
): void {
  const path = oneOf(
    random,
    segments(mixUp.tree).filter((each) => blocksOf(mixUp.tree, each) >= 2),
  );
  if (path === undefined) return;
  const bytes = Buffer.from(mixUp.tree.get(path)!);
  const blocks = blocksOf(mixUp.tree, path);
  const [to, from] = [random.below(blocks) * BLOCK_BYTES, random.below(blocks) * BLOCK_BYTES];
  const overwritten = Buffer.from(bytes.subarray(to, to + BLOCK_BYTES));
  bytes.copyWithin(to, from, from + BLOCK_BYTES);
  finish(bytes, overwritten, from);
  mixUp.tree.set(path, bytes);
}
