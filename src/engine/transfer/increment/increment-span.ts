import type { Finding } from '../../finding.js';
import { pairedEntries, type EntryPair } from '../../inspect/compare-stores.js';
import type { IncrementHeader } from '../../lines/increment-lines.js';
import type { StoredEntry } from '../../store/store.js';
import { appendedSince } from '../chain/appended-changes.js';
import { changesOver } from '../chain/changes-over.js';
import { loggedChanges, type LoggedChanges } from '../chain/logged-changes.js';
import type { Moment } from '../chain/moment.js';
import { INCREMENT_LENGTH_MAX } from '../chain/next-increment.js';
import { incrementBase, incrementEndMoment, type PreparingSince } from './increment-sides.js';

/** Changes of a fold log are held up to this; of more than that both contents are gone through. */
const HELD = { keys: 65_536, bytes: INCREMENT_LENGTH_MAX };

/** All that a store held at one position, beside what it holds at a later one. */
export interface IncrementSpan {
  readonly header: IncrementHeader;
  /** Every key that either has, in key order; a pair is valid until the next is asked for. */
  readonly pairs: () => Iterable<EntryPair<StoredEntry>>;
  readonly notices: readonly Finding[];
}

/**
 * Opens a store at the first position of an increment. Where what was written since tells the changes they are laid over it;
 * else the store is opened at the second position as well, and both contents are gone through.
 * @throws StatelogError as `incrementBase`, `incrementEndMoment`
 */
export function incrementSpan(preparing: PreparingSince): IncrementSpan {
  const base = incrementBase(preparing);
  return appendedSpan(preparing, base) ?? spanOfMoments(preparing, base);
}

/** The span of a fold log whose end tells what changed; else undefined. */
function appendedSpan({ fileSystem, source }: PreparingSince, base: Moment): IncrementSpan | undefined {
  if (base.position.kind !== 'log') return undefined;
  const appended = appendedSince(fileSystem, source, base.position, HELD);
  if (appended === undefined) return undefined;
  const { until, changes } = appended;
  return {
    header: { since: base.position, until, store: base.storeId },
    pairs: () => changesOver(base.lentEntries(), changes),
    notices: base.notices,
  };
}

function spanOfMoments(preparing: PreparingSince, base: Moment): IncrementSpan {
  const end = incrementEndMoment(preparing);
  const header = { since: base.position, until: end.position, store: end.storeId };
  const { notices } = end;
  const changes = changesBetween(preparing, base, end);
  const pairs =
    changes === undefined
      ? () => pairedEntries(base.lentEntries(), end.lentEntries())
      : () => changesOver(base.lentEntries(), changes);
  return { header, pairs, notices };
}

/** @returns undefined where the logs of a state directory do not tell them */
function changesBetween(
  { fileSystem, source }: PreparingSince,
  base: Moment,
  end: Moment,
): LoggedChanges['changes'] | undefined {
  if (base.snapshot === undefined || end.snapshot === undefined) return undefined;
  const told = loggedChanges(fileSystem, source, base.snapshot, end.snapshot);
  return told !== undefined && told.keysTold() === told.keysAfter ? told.changes : undefined;
}
