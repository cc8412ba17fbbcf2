import type { SeededRandom } from '../../simulated-disk/seeded-random.js';
import type { KnownStore, Tree } from '../damage/known-store.js';

/** A store's files after something happened to them, and what did. */
export interface MixUp {
  readonly tree: Map<string, Uint8Array>;
  readonly told: string[];
  /** True where records may be gone without a trace: a log that ends sooner, at a record's end, looks whole. */
  mayEndSooner: boolean;
  /** True where nothing tells that values are others: an index lies under checksums that fit, or records are of another store. */
  isForged: boolean;
}

/** What one mix-up is made with. */
export interface Materials {
  readonly random: SeededRandom;
  readonly store: KnownStore;
  readonly other: KnownStore;
}

/** One thing that happens to files. */
export type Kind = (mixUp: MixUp, materials: Materials) => void;

export const BLOCK_BYTES = 4096;

/** Paths of the segments of a store's logs. */
export function segments(tree: Tree): string[] {
  return [...tree.keys()].filter((path) => /^wal\/\d+\/wal-\d+\.log$/.test(path));
}

/** Paths of its checkpoints' files that end so. */
export function named(tree: Tree, suffix: string): string[] {
  return [...tree.keys()].filter((path) => path.startsWith('checkpoints/') && path.endsWith(suffix));
}

/** How many whole blocks a file has. */
export function blocksOf(tree: Tree, path: string): number {
  return Math.floor(tree.get(path)!.length / BLOCK_BYTES);
}

/** Whether gzip made a file: what stands behind it is not looked into. */
export function isCompressed(tree: Tree, path: string): boolean {
  const bytes = tree.get(path)!;
  return bytes[0] === 0x1f && bytes[1] === 0x8b;
}

export function oneOf<T>(random: SeededRandom, all: readonly T[]): T | undefined {
  return all[random.below(all.length)];
}

export function twoOf<T>(random: SeededRandom, all: readonly T[]): [T | undefined, T | undefined] {
  const one = oneOf(random, all);
  return [
    one,
    oneOf(
      random,
      all.filter((each) => each !== one),
    ),
  ];
}

/** Any file of a store but its lock. */
export function anyFile(random: SeededRandom, tree: Tree): string | undefined {
  return oneOf(
    random,
    [...tree.keys()].filter((each) => each !== 'LOCK'),
  );
}

export function exchange({ tree }: MixUp, one: string | undefined, other: string | undefined): void {
  if (one === undefined || other === undefined) return;
  const [bytes, otherBytes] = [tree.get(one), tree.get(other)];
  tree.delete(one);
  if (bytes !== undefined) tree.set(other, bytes);
  if (otherBytes !== undefined) tree.set(one, otherBytes);
}

export function copy({ tree }: MixUp, from: string, to: string): void {
  if (!tree.has(to)) tree.set(to, tree.get(from)!);
}

export function move({ tree }: MixUp, from: string, to: string): void {
  if (tree.has(to)) return;
  tree.set(to, tree.get(from)!);
  tree.delete(from);
}

/** Makes other bytes of a file, where it is still there. */
export function change(mixUp: MixUp, path: string | undefined, how: (bytes: Buffer) => Uint8Array): void {
  const bytes = path === undefined ? undefined : mixUp.tree.get(path);
  if (path !== undefined && bytes !== undefined) mixUp.tree.set(path, how(Buffer.from(bytes)));
}
