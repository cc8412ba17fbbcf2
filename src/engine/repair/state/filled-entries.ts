import { compareBytes } from '../../bytes/compare.js';
import type { Overlay } from '../../directory/state/overlay.js';
import type { SalvagedEntry } from './state-source.js';

/** A key as it is known from elsewhere: its value, or undefined if it was deleted. */
export interface KnownEntry {
  readonly key: Uint8Array;
  readonly value: Uint8Array | undefined;
  /** True where it is certain that this is its value at the moment that the state is of. */
  readonly isProven?: boolean | undefined;
}

/** Entries in key order, from the first each time they are asked for. Keys and values are free to keep. */
export type KnownEntries = () => Iterable<KnownEntry>;

/** The parts to put together. */
export interface FillOptions {
  /** Undefined where nothing of the state itself is left: what is known from elsewhere is then all there is to go by. */
  readonly entries: (() => Iterable<SalvagedEntry>) | undefined;
  /** How many stretches of the index could not be read so far. */
  readonly holes: () => number;
  /**
   * Whether each key that the state names is one that it had: else a key that it does not name may be one that it has under a wrong
   * name, wherever that stands.
   */
  readonly namesAreProven: boolean;
  readonly fallback: KnownEntries | undefined;
  /** True where the fallback is newer than the state, so that it wins. */
  readonly isNewer: boolean;
}

/** One entry of a salvaged state. */
export interface FilledEntry extends KnownEntry {
  /** Its own value was lost: where that was, as far as it is known. Where there is no value, its name is all that is left. */
  readonly lost: { readonly offset: number; readonly length: number } | undefined;
}

const NO_PLACE = { offset: 0, length: 0 };

/**
 * Puts the entries of a damaged state together with what is known from elsewhere, in key order: a value that
 * is lost falls back, and so does a key that the index may have had: in a stretch that cannot be read, or anywhere, if its names
 * are not proven.
 */
export function* filledEntries(options: FillOptions): Generator<FilledEntry, void> {
  const { entries, holes, namesAreProven, isNewer } = options;
  const fallback = new Peeked(options.fallback?.() ?? []);
  let holesBefore = 0;
  for (const entry of entries?.() ?? []) {
    const mayBeLost = !namesAreProven || holes() > holesBefore;
    holesBefore = holes();
    for (; fallback.order(entry.key) < 0; fallback.move()) {
      if (isNewer || mayBeLost) yield* filling(fallback.current!, isNewer);
    }
    if (fallback.order(entry.key) > 0) {
      yield alone(entry);
      continue;
    }
    yield* both(entry, fallback.current!, isNewer);
    fallback.move();
  }
  const isAll = isNewer || entries === undefined;
  const mayBeLost = isAll || !namesAreProven || holes() > holesBefore;
  for (; mayBeLost && fallback.current !== undefined; fallback.move()) {
    yield* filling(fallback.current, isAll);
  }
}

/**
 * Changes laid over entries; what they deleted comes as deleted.
 * @param areAll whether no change is missing: then each is the last of its key, and a proven entry without any is as it was
 */
export function* laidOver(
  base: KnownEntries,
  overlay: Overlay,
  areAll: boolean,
): Generator<KnownEntry, void> {
  const entries = new Peeked(base());
  const cursor = overlay.cursor();
  for (let isOn = cursor.first(); isOn; isOn = cursor.next()) {
    const key = cursor.key.slice();
    for (; entries.order(key) < 0; entries.move()) yield unchanged(entries.current!, areAll);
    if (entries.order(key) === 0) entries.move();
    yield { key, value: cursor.deleted ? undefined : cursor.value().slice(), isProven: areAll };
  }
  for (; entries.current !== undefined; entries.move()) yield unchanged(entries.current, areAll);
}

function unchanged(entry: KnownEntry, isCertain: boolean): KnownEntry {
  return isCertain ? entry : { ...entry, isProven: false };
}

/** Entries of which the next can be looked at before it is taken. */
class Peeked {
  current: KnownEntry | undefined;
  readonly #iterator: Iterator<KnownEntry>;

  constructor(entries: Iterable<KnownEntry>) {
    this.#iterator = entries[Symbol.iterator]();
    this.move();
  }

  /** Moves on. @returns false at the end */
  move(): boolean {
    const next = this.#iterator.next();
    this.current = next.done === true ? undefined : next.value;
    return next.done !== true;
  }

  /** Negative where the current key lies before `key`; positive at the end. */
  order(key: Uint8Array): number {
    return this.current === undefined ? 1 : compareBytes(this.current.key, key);
  }
}

function alone({ key, value, offset, length }: SalvagedEntry): FilledEntry {
  return { key, value, lost: value === undefined ? { offset, length } : undefined };
}

function* both(entry: SalvagedEntry, fallback: KnownEntry, isNewer: boolean): Generator<FilledEntry, void> {
  const { key, value, offset, length } = entry;
  if (isNewer) {
    if (fallback.value !== undefined) yield { key, value: fallback.value, lost: undefined };
  } else if (value === undefined && fallback.value !== undefined) {
    yield { key, value: fallback.value, lost: fallback.isProven === true ? undefined : { offset, length } };
  } else {
    yield alone(entry);
  }
}

function* filling({ key, value, isProven }: KnownEntry, isNewer: boolean): Generator<FilledEntry, void> {
  if (value !== undefined) yield { key, value, lost: isNewer || isProven === true ? undefined : NO_PLACE };
}
