import { EntrySum } from '../../bytes/hash/entry-sum.js';
import { toUtf8 } from '../../bytes/text/text.js';
import { StatelogError } from '../../errors.js';
import type { Finding } from '../../finding.js';
import { AttributeDigest } from '../../lines/attribute-digest.js';
import {
  ChangesDigest,
  incrementEnd,
  incrementStart,
  isSameContent,
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
import { incrementLines } from '../export-increment.js';
import { appendedChanges } from './appended-changes.js';
import { ChainSums, ChangedSum } from './chain-sums.js';
import type { ChainEnd } from './increment-chain.js';
import { keysWorthWhile, loggedChanges } from './logged-changes.js';
import { momentAt, momentNow, type Moment } from './moment.js';

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
 * @throws StatelogError as `momentAt` and `momentNow`; `LIMIT_EXCEEDED` where too much changed for one; `SOURCE_MISMATCH` where the store is another, or held something else there
 */
export function nextIncrement(disk: FileSystem, path: string, chain: ChainEnd, at?: bigint): NextIncrement {
  const appended = at === undefined ? fromAppended(anchoredSource(disk, path), path, chain) : undefined;
  if (appended !== undefined) return appended;
  const now = momentNow(disk, path, at);
  try {
    const { notices, storeId } = now;
    refuseOtherStore(path, storeId, chain);
    if (isSamePosition(now.position, chain.position)) return { increment: undefined, notices };
    const base = momentAt(disk, path, chain.position);
    try {
      // What a compaction left at the same cursor lies elsewhere in the log.
      const header = { since: chain.position, until: now.position, store: chain.store };
      const increment =
        fromLogs(disk, path, { base, now, chain, header }) ??
        fromContents(path, { base, now, chain, header });
      return { increment, notices };
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
  const header = { since: position, until: position, store: storeId };
  const content = { keys: sum.keys, digest, attributes: attributes.hex(), sum: sum.hex() };
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
  const descriptor = fileSystem.openRead(path);
  try {
    const log = { fileSystem, descriptor, path, size: fileSystem.statusOf(descriptor).size };
    const most = { keys: keysWorthWhile(keys), bytes: INCREMENT_LENGTH_MAX };
    const changes = appendedChanges(log, position, most);
    if (changes === undefined) return undefined;
    const notices = remarksOn(fileSystem, { kind: 'log', path });
    const header = { since: position, until: changes.until, store };
    if (isSamePosition(changes.until, position)) return { increment: undefined, notices };
    const lines = incrementLines(header, changes.pairs, new ChangedSum({ ...content, sum }));
    return { increment: encoded(path, lines, { chain, header }), notices };
  } finally {
    fileSystem.close(descriptor);
  }
}

/** By all that the store held, and all that it holds. */
function fromContents(path: string, { base, now, chain, header }: Span): EncodedIncrement {
  const pairs = pairedEntries(base.lentEntries(), now.lentEntries());
  return encoded(path, incrementLines(header, pairs, new ChainSums(header)), { chain, header });
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
    if (!isSameContent(end.since, chain.content)) throw otherContent(path, chain);
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

function tooLarge(path: string, { position }: ChainEnd): StatelogError {
  const size = `${INCREMENT_LENGTH_MAX / 1024 / 1024} MiB`;
  return new StatelogError('LIMIT_EXCEEDED', `more than ${size} changed since ${positionName(position)}`, {
    path,
    safe: 'nothing was written',
    hint: 'export a whole snapshot: on what changes then, increments can stand again',
  });
}

function otherContent(path: string, { position }: ChainEnd): StatelogError {
  const name = positionName(position);
  return new StatelogError('SOURCE_MISMATCH', `the store did not hold at ${name} what was exported there`, {
    path,
    expected: `${name}, the content that was exported`,
    found: `${name}, another content`,
    safe: 'nothing was written',
    hint: 'it is another store, or was put back from a copy, or compacted since: export a whole snapshot of it',
  });
}
