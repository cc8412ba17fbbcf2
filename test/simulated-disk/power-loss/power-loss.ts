import type { SimulatedDisk } from '../disk/disk.js';
import type { ByteImage } from '../disk/byte-image.js';
import type { NodeId, WriteEffect } from '../disk/effect.js';
import { pathOfNode } from '../disk/names.js';
import type { DiskNode } from '../disk/node.js';
import type { Kept } from '../disk/pending-state.js';
import { PendingState } from '../disk/pending-state.js';
import { SeededRandom } from '../seeded-random.js';
import { SimulatedFileSystem } from '../simulated-file-system.js';
import { chooseSubsets } from './subsets.js';
import type { Tear, TearLengths, TornRest } from './tear.js';
import { differingRests, tearLengthsOf } from './tear.js';

/** Which states after a power loss are made. */
export interface PowerLossOptions {
  /** For samples and for `imagesMax` (default 1). */
  readonly seed?: number;
  /** Up to this many pending effects all subsets are made (default 10). */
  readonly allSubsetsUpTo?: number;
  /** Random subsets where there are more (default 64). */
  readonly samples?: number;
  /** Where the last kept write of each file is torn (default `edges`). */
  readonly tears?: TearLengths;
  /** What lies behind the tear (default: all but `repeated`). */
  readonly rests?: readonly TornRest[];
  /** If there are more images than this, that many are chosen at random (default: all). */
  readonly imagesMax?: number;
}

/** One state that a power loss may leave. */
export interface PowerLossImage {
  /** The disk, of which everything is durable. Open sessions on it to add faults. */
  readonly disk: SimulatedDisk;
  /** A session on it, without faults. */
  readonly fileSystem: SimulatedFileSystem;
  /** Which effects it has, and what was torn, for the report of a failure. */
  readonly describe: () => string;
}

/** A choice of effects; what all images with this choice share is made when first needed. */
interface Subset {
  readonly kept: Kept;
  nodes: readonly DiskNode[] | undefined;
}

/** A write that may be torn in several ways. */
interface TornWrite {
  readonly file: NodeId;
  readonly write: WriteEffect;
  /** The file before that write, made when first needed. */
  before: ByteImage | undefined;
}

interface Torn {
  readonly write: TornWrite;
  readonly tear: Tear;
}

interface Choice {
  readonly subset: Subset;
  readonly torn: Torn | undefined;
}

const RESTS_DEFAULT: readonly TornRest[] = ['missing', 'zero', 'garbage', 'old'];

/**
 * Every state that a power loss at this moment may leave: any subset of what was not synced, and
 * of each file's last write in it a torn one. The disk itself stays as it is, and may go on
 * while the images are looked at.
 */
export function* powerLossImages(
  disk: SimulatedDisk,
  options: PowerLossOptions = {},
): Generator<PowerLossImage> {
  const state = new PendingState(disk);
  for (const choice of chosen(state, options)) yield makeImage(disk, state, choice);
}

/** How many images `powerLossImages` makes, told without making them. */
export function countPowerLossImages(disk: SimulatedDisk, options: PowerLossOptions = {}): number {
  return count(choices(new PendingState(disk), options));
}

function* chosen(state: PendingState, options: PowerLossOptions): Generator<Choice> {
  if (options.imagesMax === undefined) {
    yield* choices(state, options);
    return;
  }
  const random = new SeededRandom(options.seed ?? 1);
  const taken: Choice[] = [];
  let seen = 0;
  // Each choice takes the place of another with the chance that keeps all equally likely (Vitter's algorithm R).
  for (const choice of choices(state, options)) {
    seen += 1;
    const place = seen <= options.imagesMax ? taken.length : random.below(seen);
    if (place < options.imagesMax) taken[place] = choice;
  }
  yield* taken;
}

function* choices(state: PendingState, options: PowerLossOptions): Generator<Choice> {
  const { seed = 1, allSubsetsUpTo = 10, samples = 64, tears = 'edges', rests = RESTS_DEFAULT } = options;
  const seen = new Set<string>();
  for (const subset of chooseSubsets(state.optional.length, { seed, allSubsetsUpTo, samples })) {
    const kept = state.canonical(subset);
    const key = kept.join('');
    if (seen.has(key)) continue;
    seen.add(key);
    const made = { kept, nodes: undefined };
    yield { subset: made, torn: undefined };
    if (tears === 'none') continue;
    for (const file of state.files) yield* tearsOf(state, made, file, tears, rests);
  }
}

function* tearsOf(
  state: PendingState,
  subset: Subset,
  file: NodeId,
  tears: TearLengths,
  rests: readonly TornRest[],
): Generator<Choice> {
  const write = state.lastKeptWrite(file, subset.kept);
  if (write === undefined) return;
  const torn: TornWrite = { file, write, before: undefined };
  const sizeBefore = state.sizeBefore(file, subset.kept, write);
  for (const length of tearLengthsOf(write, tears)) {
    for (const rest of differingRests(write, length, sizeBefore, rests)) {
      yield { subset, torn: { write: torn, tear: { length, rest } } };
    }
  }
}

function makeImage(source: SimulatedDisk, state: PendingState, choice: Choice): PowerLossImage {
  const { subset, torn } = choice;
  subset.nodes ??= state.nodes(subset.kept);
  const nodes = subset.nodes.slice();
  if (torn !== undefined) {
    const { file, write } = torn.write;
    torn.write.before ??= state.contentBefore(file, subset.kept, write);
    nodes[file] = state.tornFile(file, subset.kept, torn.write.before, write, torn.tear);
  }
  const disk = state.disk(nodes);
  let session: SimulatedFileSystem | undefined;
  return {
    disk,
    get fileSystem() {
      session ??= new SimulatedFileSystem({ disk });
      return session;
    },
    describe: () => describe(source, state, choice),
  };
}

function describe(disk: SimulatedDisk, state: PendingState, { subset, torn }: Choice): string {
  const lines = state.optional.map(({ effect, file }, number) => {
    const verb = subset.kept[number] === 1 ? 'kept' : 'lost';
    if (effect.kind === 'entries') {
      const names = effect.changes.map(({ folder, name, target }) => {
        const meaning = target === undefined ? 'removed' : `= node ${target}`;
        return `${pathOfNode(disk, folder)}/${name} ${meaning}`;
      });
      return `${verb}: ${names.join(', ')}`;
    }
    const where = `node ${file ?? '?'} ${file === undefined ? '' : pathOfNode(disk, file)}`;
    return effect.kind === 'resize'
      ? `${verb}: ${where} resized to ${effect.size}`
      : `${verb}: ${where} ${effect.bytes.length} bytes written at ${effect.position}`;
  });
  if (torn !== undefined) {
    lines.push(
      `the last write of node ${torn.write.file} torn at ${torn.tear.length}, the rest ${torn.tear.rest}`,
    );
  }
  return lines.length === 0 ? 'nothing was pending' : lines.join('\n');
}

function count(items: Iterable<unknown>): number {
  let counted = 0;
  for (const _ of items) counted += 1;
  return counted;
}
