import { AppendLogFold } from '../../../src/engine/fold/store/append-log-fold.js';
import { KvUpdate } from '../../../src/engine/fold/format/update.js';
import { VersionToken } from '../../../src/engine/fold/format/version-token.js';
import { WatchCursor } from '../../../src/engine/fold/format/watch-cursor.js';
import type { FileSystem } from '../../../src/engine/storage-io/interface/file-system.js';

export const LOG = '/store/fold.snap';

/** One apply of a workload. */
export interface Step {
  readonly batch: readonly KvUpdate[];
  readonly cursor: bigint | undefined;
}

/** What a workload did: how many of its steps were acknowledged, and whether one was under way. */
export interface FoldBook {
  readonly steps: readonly Step[];
  acknowledged: number;
  attempted: number;
}

export function newBook(steps: readonly Step[]): FoldBook {
  return { steps, acknowledged: 0, attempted: 0 };
}

/** Puts keys in no order, so that a group is never taken for the compact form. */
export function makeSteps(count: number, keysEach: number, valueBytes: number): Step[] {
  const steps: Step[] = [];
  for (let step = 1; step <= count; step++) {
    const batch: KvUpdate[] = [];
    for (let index = keysEach; index > 0; index--) {
      const key = `key-${(index * 7 + step) % (2 * keysEach)}`;
      const value = new Uint8Array(valueBytes).fill(step).fill(index, 0, valueBytes >>> 1);
      if ((index + step) % 5 === 0) batch.push(KvUpdate.delete(key));
      else batch.push(KvUpdate.put(key, value, VersionToken.fromU64(BigInt(step))));
    }
    steps.push({ batch, cursor: BigInt(step * 100) });
  }
  return steps;
}

/** Applies the steps that are not acknowledged yet. */
export function applySteps(
  fileSystem: FileSystem,
  book: FoldBook,
  options: { reopenEach?: boolean } = {},
): void {
  const open = (): AppendLogFold =>
    AppendLogFold.open(LOG, Infinity, { fileSystem, compactOnOpen: false }).store;
  let store: AppendLogFold | undefined;
  try {
    while (book.acknowledged < book.steps.length) {
      store ??= open();
      applyStep(store, book);
      if (options.reopenEach !== true) continue;
      store.close();
      store = undefined;
    }
  } finally {
    store?.close();
  }
}

export function applyStep(store: AppendLogFold, book: FoldBook): void {
  const step = book.steps[book.acknowledged]!;
  book.attempted = book.acknowledged + 1;
  store.apply(step.batch, step.cursor === undefined ? WatchCursor.none() : WatchCursor.fromU64(step.cursor));
  book.acknowledged += 1;
}

type Content = Map<string, string>;

function fold(content: Content, update: KvUpdate): void {
  const key = String(update.key);
  if (update.op === 'put') content.set(key, Buffer.from(update.value).toString('latin1'));
  else content.delete(key);
}

const known = new WeakMap<readonly Step[], Map<string, Set<string>>>();

/** Every content and cursor that may be there: all that was acknowledged, and any first part of what was under way. */
function allowed(book: FoldBook): Set<string> {
  const ofSteps = known.get(book.steps) ?? new Map<string, Set<string>>();
  known.set(book.steps, ofSteps);
  const moment = `${book.acknowledged}/${book.attempted}`;
  const states = ofSteps.get(moment) ?? allowedAt(book);
  ofSteps.set(moment, states);
  return states;
}

function allowedAt(book: FoldBook): Set<string> {
  const content: Content = new Map();
  let cursor: bigint | undefined;
  for (const step of book.steps.slice(0, book.acknowledged)) {
    for (const update of step.batch) fold(content, update);
    cursor = step.cursor;
  }
  const states = new Set([show(content, cursor)]);
  const underWay = book.attempted > book.acknowledged ? book.steps[book.acknowledged] : undefined;
  for (const update of underWay?.batch ?? []) {
    fold(content, update);
    states.add(show(content, cursor));
  }
  if (underWay !== undefined) states.add(show(content, underWay.cursor));
  return states;
}

function show(content: Content, cursor: bigint | undefined): string {
  const sorted = [...content].sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify([cursor?.toString() ?? null, sorted]);
}

export function showStore(store: AppendLogFold): string {
  const content: Content = new Map();
  for (const { key, value } of store.range()) content.set(key, Buffer.from(value).toString('latin1'));
  return show(content, store.cursor.asU64());
}

/** Opens what a crash left with the real recovery, and holds it against what was promised. */
export function checkRecovered(fileSystem: FileSystem, book: FoldBook): void {
  const states = allowed(book);
  checkReader(fileSystem, states, book);
  const { store } = AppendLogFold.open(LOG, Infinity, { fileSystem, compactOnOpen: false });
  const found = showStore(store);
  if (!states.has(found)) throw new Error(`found ${found.slice(0, 300)} after ${book.acknowledged} applies`);
  store.close();
}

/** A reader sees the same, where there is a log with a header at all. */
function checkReader(fileSystem: FileSystem, states: ReadonlySet<string>, book: FoldBook): void {
  const size = fileSystem.statusFollowing(LOG)?.size ?? 0;
  if (size < 6 && book.acknowledged === 0) return;
  const { store } = AppendLogFold.load(LOG, { fileSystem });
  if (!states.has(showStore(store))) throw new Error(`a reader found ${showStore(store).slice(0, 300)}`);
  store.close();
}
