import { EntrySum } from '../../bytes/hash/entry-sum.js';
import { toUtf8 } from '../../bytes/text/text.js';
import { StatelogError } from '../../errors.js';
import type { Finding } from '../../finding.js';
import { AttributeDigest } from '../../lines/attribute-digest.js';
import {
  ChangesDigest,
  incrementEnd,
  incrementStart,
  type ContentEnd,
  type IncrementEnd,
  type IncrementHeader,
} from '../../lines/increment-lines.js';
import { isSamePosition, positionName } from '../../lines/increment-position.js';
import { pairedEntries } from '../../inspect/compare-stores.js';
import { identify } from '../../inspect/identify.js';
import type { FileSystem } from '../../storage-io/interface/file-system.js';
import { remarksOn } from '../../store/remarks.js';
import { anchoredSource } from '../../storage-io/views/anchored-file-system.js';
import { appendedSince } from './appended-changes.js';
import { ChainSums, ChangedSum } from './chain-sums.js';
import type { ChainEnd } from './increment-chain.js';
import { keysWorthWhile, loggedChanges } from './logged-changes.js';
import { momentAt, momentNow, type Moment } from './moment.js';
import { incrementLines } from './pair-lines.js';

/**
 * The most characters of an increment of a chain, so that whoever writes or reads one has the memory for it: more is for a
 * whole snapshot, which needs none.
 */
export const INCREMENT_LENGTH_MAX = 64 * 1024 * 1024;

/** An increment in memory. */
export interface EncodedIncrement {
  readonly bytes: Uint8Array;
  readonly header: IncrementHeader;
  readonly end: IncrementEnd;
}

/** The increment that follows, and remarks about the store. */
export interface NextIncrement {
  /** Undefined where the store stands where the chain ends. */
  readonly increment: EncodedIncrement | undefined;
  readonly notices: readonly Finding[];
}

/**
 * Puts together the changes of a store since a chain's end.
 * @param at of a state directory: up to that checkpoint; default: as it is now
 * @throws StatelogError as `momentAt` and `momentNow`; `INVALID_ARGUMENT` where `at` lies before it; `LIMIT_EXCEEDED` where too much changed for one; `SOURCE_MISMATCH` where the store is another, or held something else there
 */
export function nextIncrement(disk: FileSystem, path: string, chain: ChainEnd, at?: bigint): NextIncrement {
  return quickIncrement(disk, path, chain, at) ?? betweenMoments(disk, path, { chain, at }, fromContents)!;
}

/**
 * As `nextIncrement`, by what was written since alone.
 * @returns undefined where that does not tell it, and all that the store held and holds must be read
 */
export function quickIncrement(
  disk: FileSystem,
  path: string,
  chain: ChainEnd,
  at?: bigint,
): NextIncrement | undefined {
  const appended = at === undefined ? fromAppended(anchoredSource(disk, path), path, chain) : undefined;
  return appended ?? betweenMoments(disk, path, { chain, at }, fromLogs);
}

/** @param make puts the increment together; undefined where it cannot */
function betweenMoments(
  disk: FileSystem,
  path: string,
  { chain, at }: { readonly chain: ChainEnd; readonly at: bigint | undefined },
  make: (disk: FileSystem, path: string, span: Span) => EncodedIncrement | undefined,
): NextIncrement | undefined {
  const now = momentNow(disk, path, at);
  try {
    const { notices, storeId } = now;
    refuseOtherStore(path, storeId, chain);
    if (isSamePosition(now.position, chain.position)) return { increment: undefined, notices };
    if (at !== undefined && at < (chain.position.epoch ?? 0n)) throw behind(path, at, chain);
    const base = momentAt(disk, path, chain.position);
    try {
      // What a compaction left at the same cursor lies elsewhere in the log.
      const header = { since: chain.position, until: now.position, store: chain.store };
      const increment = make(disk, path, { base, now, chain, header });
      return increment === undefined ? undefined : { increment, notices };
    } finally {
      base.close();
    }
  } finally {
    now.close();
  }
}

/**
 * The first link of a chain: it says where a whole snapshot stands, and changes nothing.
 * @param digest of the content
 */
export function chainStart(
  { position, storeId, lentEntries }: Moment,
  { digest }: Pick<ContentEnd, 'digest'>,
): EncodedIncrement {
  const sum = new EntrySum();
  const attributes = new AttributeDigest(position);
  for (const { key, value, version } of lentEntries()) {
    sum.add(key, value, version);
    attributes.add(key, version);
  }
  const content = { keys: sum.keys, digest, attributes: attributes.hex(), sum: sum.hex() };
  return standingAt({ position, content, store: storeId });
}

/** An increment that changes nothing, and says where a store stands. */
export function standingAt({ position, content, store }: ChainEnd): EncodedIncrement {
  const header = { since: position, until: position, store };
  const end = new ChangesDigest(header).end(content, content);
  return { header, end, bytes: toUtf8(incrementStart(header) + incrementEnd(end)) };
}

/** The two moments of an increment. */
interface Span {
  readonly base: Moment;
  readonly now: Moment;
  readonly chain: ChainEnd;
  readonly header: IncrementHeader;
}

/**
 * By the logs between the two alone, where the store is known to have held at the first what the chain says of it.
 * @returns undefined where that is not known, or the logs do not tell it
 */
function fromLogs(
  disk: FileSystem,
  path: string,
  { base, now, chain, header }: Span,
): EncodedIncrement | undefined {
  const { content, position } = chain;
  const { sum } = content;
  if (base.snapshot === undefined || now.snapshot === undefined || sum === undefined) return undefined;
  if (position.history === undefined || base.position.history !== position.history) return undefined;
  const changes = loggedChanges(anchoredSource(disk, path), path, base.snapshot, now.snapshot);
  if (changes === undefined) return undefined;
  const sums = new ChangedSum({ ...content, sum });
  const increment = encoded(path, incrementLines(header, changes.pairs, sums), { chain, header });
  // Something changed that no log tells of: what mends a store may do that.
  return sums.keys === changes.keysAfter ? increment : undefined;
}

/**
 * Takes what was appended to a fold log alone, where all before is known to be what it was.
 * @returns undefined where that is not known
 */
function fromAppended(fileSystem: FileSystem, path: string, chain: ChainEnd): NextIncrement | undefined {
  const { content, position, store } = chain;
  const { sum, keys } = content;
  if (position.kind !== 'log' || sum === undefined || store !== undefined) return undefined;
  if (identify(fileSystem, path).kind !== 'log') return undefined;
  const most = { keys: keysWorthWhile(keys), bytes: INCREMENT_LENGTH_MAX };
  const changes = appendedSince(fileSystem, path, position, most);
  if (changes === undefined) return undefined;
  const notices = remarksOn(fileSystem, { kind: 'log', path });
  const header = { since: position, until: changes.until, store };
  if (isSamePosition(changes.until, position)) return { increment: undefined, notices };
  const lines = incrementLines(header, changes.pairs, new ChangedSum({ ...content, sum }));
  return { increment: encoded(path, lines, { chain, header }), notices };
}

/** By all that the store held, and all that it holds. */
function fromContents(_: FileSystem, path: string, { base, now, chain, header }: Span): EncodedIncrement {
  const pairs = pairedEntries(base.lentEntries(), now.lentEntries());
  const sums = new ChainSums(header, { path, chain });
  return encoded(path, incrementLines(header, pairs, sums), { chain, header });
}

function encoded(
  path: string,
  lines: Generator<string, IncrementEnd>,
  { chain, header }: Pick<Span, 'chain' | 'header'>,
): EncodedIncrement {
  const parts: string[] = [];
  let length = 0;
  for (let line = lines.next(); ; line = lines.next()) {
    if (line.done !== true) {
      parts.push(line.value);
      length += line.value.length;
      if (length > INCREMENT_LENGTH_MAX) throw tooLarge(path, chain);
      continue;
    }
    const end = line.value;
    return { header, end, bytes: toUtf8(parts.join('')) };
  }
}

/**
 * Refuses a store that is not the one of a chain.
 * @param found its id, in hex; undefined for a fold log
 * @throws StatelogError `SOURCE_MISMATCH`
 */
export function refuseOtherStore(path: string, found: string | undefined, { store }: ChainEnd): void {
  if (found === store) return;
  throw new StatelogError('SOURCE_MISMATCH', 'what is kept there is of another store', {
    path,
    expected: store === undefined ? 'a fold log' : `store ${store}`,
    found: found === undefined ? 'a fold log' : `store ${found}`,
    safe: 'nothing was written',
    hint: 'name another key for this store',
  });
}

function behind(path: string, at: bigint, { position }: ChainEnd): StatelogError {
  const ends = positionName(position);
  return new StatelogError('INVALID_ARGUMENT', `epoch ${at} lies before ${ends}, and an increment goes on`, {
    path,
    expected: `an epoch after ${ends}`,
    found: String(at),
    safe: 'nothing was written',
    hint: 'leave out --at, or name a later one',
  });
}

function tooLarge(path: string, { position }: ChainEnd): StatelogError {
  const size = `${INCREMENT_LENGTH_MAX / 1024 / 1024} MiB`;
  return new StatelogError('LIMIT_EXCEEDED', `more than ${size} changed since ${positionName(position)}`, {
    path,
    safe: 'nothing was written',
    hint: 'export a whole snapshot: on what changes then, increments can stand again',
  });
}
