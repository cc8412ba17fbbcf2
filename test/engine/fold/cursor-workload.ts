import fc from 'fast-check';
import { toHex } from '../../../src/engine/bytes/text/text.js';
import { AppendLogFold } from '../../../src/engine/fold/store/append-log-fold.js';
import { KvUpdate } from '../../../src/engine/fold/format/update.js';
import { VersionToken } from '../../../src/engine/fold/format/version-token.js';
import { WatchCursor } from '../../../src/engine/fold/format/watch-cursor.js';
import type { FileSystem } from '../../../src/engine/storage-io/interface/file-system.js';

export const LOG = '/store/fold.snap';

/** A put, or a delete where there is no value. */
export interface Change {
  readonly key: string;
  readonly value: Uint8Array | undefined;
  readonly version: Uint8Array;
}

/** One thing that a caller does with a fold; a checkpoint without a cursor repeats the one there is. */
export type Step =
  | { readonly kind: 'apply'; readonly changes: readonly Change[]; readonly cursor: Uint8Array }
  | { readonly kind: 'write'; readonly change: Change }
  | { readonly kind: 'checkpoint'; readonly cursor: Uint8Array | undefined }
  | { readonly kind: 'compact' }
  | { readonly kind: 'reopen'; readonly compactOnOpen: boolean; readonly compactThreshold: number };

const MEMO_BYTES = 12;
const FLAGS_AT = 11;
const EVICTING = 1;
const TIMED = 2;

/** A cursor with a memo, built by what docs/formats/fold-log.md says of it alone. */
export function memoOf(version: Uint8Array, evicting: boolean, time: Uint8Array | undefined): Uint8Array {
  const bytes = Buffer.alloc(MEMO_BYTES);
  bytes.set(version);
  bytes[FLAGS_AT - 1] = version.length;
  bytes[FLAGS_AT] = (evicting ? EVICTING : 0) | (time === undefined ? 0 : TIMED);
  return Uint8Array.from(Buffer.concat([bytes, time ?? new Uint8Array(0)]));
}

function isEvicting(cursor: Uint8Array): boolean {
  return cursor.length >= MEMO_BYTES && (cursor[FLAGS_AT]! & EVICTING) !== 0;
}

/** What a log holds once `next` has followed `before`. */
function moved(before: Uint8Array, next: Uint8Array): Uint8Array {
  if (!isEvicting(before) || isEvicting(next)) return next;
  if (next.length < MEMO_BYTES) return memoOf(next, true, undefined);
  const time = next.length > MEMO_BYTES ? next.subarray(MEMO_BYTES) : undefined;
  return memoOf(next.subarray(0, next[FLAGS_AT - 1]), true, time);
}

const version = fc.uint8Array({ maxLength: 10 });
const time = fc.uint8Array({ minLength: 8, maxLength: 8 }).filter((bytes) => bytes.some((byte) => byte > 0));
/** Of each length that a known release writes: 0 to 10, 12 and 20. */
export const cursor: fc.Arbitrary<Uint8Array> = fc.oneof(
  version,
  fc.tuple(version, fc.boolean(), fc.option(time, { nil: undefined })).map((parts) => memoOf(...parts)),
);
export const change: fc.Arbitrary<Change> = fc.record({
  key: fc.constantFrom('', 'a', 'b', 'c', 'é', 'long '.repeat(12)),
  value: fc.option(fc.uint8Array({ maxLength: 90 }), { nil: undefined, freq: 4 }),
  version,
});
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('apply' as const),
      changes: fc.array(change, { maxLength: 4 }),
      cursor,
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('write' as const), change }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('checkpoint' as const),
      cursor: fc.option(cursor, { nil: undefined }),
    }),
  },
  { weight: 1, arbitrary: fc.constant({ kind: 'compact' as const }) },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('reopen' as const),
      compactOnOpen: fc.boolean(),
      compactThreshold: fc.constantFrom(0, 200, Infinity),
    }),
  },
);
/** What a caller does with a log from its making on. */
export const steps: fc.Arbitrary<Step[]> = fc.array(step, { minLength: 1, maxLength: 12 });

export type Entries = ReadonlyMap<string, { readonly value: Uint8Array; readonly version: Uint8Array }>;

export function withChange(entries: Entries, { key, value, version }: Change): Entries {
  const changed = new Map(entries);
  if (value === undefined) changed.delete(key);
  else changed.set(key, { value, version });
  return changed;
}

/** All that can be seen of a fold, as text. */
export function show(entries: Entries, cursor: Uint8Array): string {
  const lines = [...entries].map(([key, { value, version }]) => [key, toHex(value), toHex(version)]);
  return JSON.stringify([toHex(cursor), lines.sort(([a], [b]) => (a! < b! ? -1 : 1))]);
}

export function showStore(store: AppendLogFold): string {
  const entries = store
    .range()
    .map(({ key, value, version }) => [key, { value, version: version.toBytes() }]);
  return show(
    new Map(entries as [string, { value: Uint8Array; version: Uint8Array }][]),
    store.cursor.toBytes(),
  );
}

export function toUpdate({ key, value, version }: Change): KvUpdate {
  const token = VersionToken.fromBytes(version);
  return value === undefined ? KvUpdate.delete(key, token) : KvUpdate.put(key, value, token);
}

/** What was promised of a log: what was acknowledged, and what may have come on top of it. */
export class Ledger {
  entries: Entries = new Map();
  cursor: Uint8Array = new Uint8Array(0);
  /** Written, in this order, and not acknowledged. */
  pending: Change[] = [];
  /** The cursor that is being written behind them. */
  #next: Uint8Array | undefined;

  /** Every content, with its cursor, that a power loss may leave now. */
  allowed(): Set<string> {
    const states = new Set(this.#prefixes());
    if (this.#next !== undefined) states.add(show(this.#all(), this.#next));
    return states;
  }

  /** Writes `changes` and the cursor behind them; they are acknowledged when `write` returns. */
  checkpoint(changes: readonly Change[], cursor: Uint8Array | undefined, write: () => void): void {
    this.pending.push(...changes);
    this.#next = moved(this.cursor, cursor ?? this.cursor);
    write();
    this.cursor = this.#next;
    this.#next = undefined;
    this.settle();
  }

  /** All that was written is on disk. */
  settle(): void {
    this.entries = this.#all();
    this.pending = [];
  }

  /** A writer closed and another opened: what was not acknowledged may be gone, from some change on. */
  reopened(found: string): void {
    const kept = this.#prefixes().lastIndexOf(found);
    if (kept < 0) throw new Error(`opened as ${found} instead of ${show(this.entries, this.cursor)}`);
    this.pending = this.pending.slice(0, kept);
  }

  #prefixes(): string[] {
    let entries = this.entries;
    const rest = this.pending.map((change) => show((entries = withChange(entries, change)), this.cursor));
    return [show(this.entries, this.cursor), ...rest];
  }

  #all(): Entries {
    return this.pending.reduce(withChange, this.entries);
  }
}

/** Runs the steps, and keeps the ledger; the log is closed at the end. */
export function runSteps(fileSystem: FileSystem, ledger: Ledger, steps: readonly Step[]): void {
  let { store } = AppendLogFold.open(LOG, Infinity, { fileSystem });
  for (const step of steps) {
    if (step.kind === 'reopen') {
      store.close();
      const { compactOnOpen, compactThreshold } = step;
      ({ store } = AppendLogFold.open(LOG, compactThreshold, { fileSystem, compactOnOpen }));
      ledger.reopened(showStore(store));
    } else {
      takeStep(store, ledger, step);
    }
  }
  store.close();
}

function takeStep(store: AppendLogFold, ledger: Ledger, step: Exclude<Step, { kind: 'reopen' }>): void {
  switch (step.kind) {
    case 'apply':
      ledger.checkpoint(step.changes, step.cursor, () => {
        store.apply(step.changes.map(toUpdate), WatchCursor.fromBytes(step.cursor));
      });
      return;
    case 'write':
      ledger.pending.push(step.change);
      store.write(toUpdate(step.change));
      return;
    case 'checkpoint':
      ledger.checkpoint([], step.cursor, () => {
        store.checkpoint(step.cursor === undefined ? undefined : WatchCursor.fromBytes(step.cursor));
      });
      return;
    case 'compact':
      store.compact();
      ledger.settle();
  }
}
