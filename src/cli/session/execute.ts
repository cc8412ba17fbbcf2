import { StatelogError } from '../../engine/errors.js';
import { cursorText } from '../../engine/fold/format/position-text.js';
import type { StoreCommit, WritableStore } from '../../engine/store/store.js';
import type { Encodings } from '../values/encoding.js';
import { applyChange } from '../operation/apply-change.js';
import { type EntryView, GroupView, viewOf } from '../operation/entry-view.js';
import type { CommitRequest, CursorMove, KeyOperation } from '../operation/key-operation.js';
import { refused, refusedAs } from '../operation/refusal.js';
import type { StoreLease } from '../command/store-lease.js';
import { answerFrom, fieldsOf, isReading, lookUp } from './reading.js';
import type { Operation, PlainOperation } from './operation.js';
import type { Executed, AnswerFields, LookedUp } from './executed.js';

/**
 * Does what a request asks for, and locks the store where that changes it. Changes are seen by the next request at once, and are
 * on disk after a sync.
 * @throws StatelogError `NOT_REPRESENTABLE`, `LIMIT_EXCEEDED`, `INVALID_LINE`: nothing was changed then; what the store throws
 */
export async function execute(
  lease: Pick<StoreLease, 'read' | 'take'>,
  operation: Operation,
  encodings: Encodings,
): Promise<Executed> {
  if (isReading(operation)) return answerFrom(await lease.read(), operation, encodings);
  const store = await lease.take();
  switch (operation.op) {
    case 'checkpoint': {
      const { epoch, cursor, keys, changed } = await store.checkpoint({ keep: operation.keep });
      return {
        fields: { epoch: epoch?.toString(), cursor: cursorText(cursor), keys, changed },
        hasChanged: false,
      };
    }
    case 'commit':
    case 'cursor':
      return commit(store, operation);
    case 'group':
      return group(store, operation.operations, encodings);
    case 'put':
    case 'delete':
    case 'purge':
    case 'increment':
      return change(viewOf(store), operation);
  }
}

/** Does what a plain line asks for, in a store that is locked. @throws StatelogError as `execute` */
export function executeAtOnce(store: WritableStore, operation: PlainOperation): Executed {
  return change(viewOf(store), operation);
}

async function commit(store: WritableStore, operation: CommitRequest | CursorMove): Promise<Executed> {
  const { cursor } = operation;
  if (cursor !== undefined) store.setCursor(cursor);
  const asked = commitOf(operation);
  if (asked === undefined) return { fields: {}, hasChanged: true };
  if (store.commit === undefined) throw noSources();
  await store.commit(asked);
  return { fields: {}, hasChanged: cursor !== undefined };
}

/** The part of a commit that is about sources; undefined where it moves a cursor alone. */
function commitOf(operation: CommitRequest | CursorMove): StoreCommit | undefined {
  if (operation.op === 'cursor') return undefined;
  const { offsets, watermark } = operation;
  return offsets.size === 0 && watermark === undefined ? undefined : { offsets, watermark };
}

/** All of a group or, where one condition does not hold, nothing. */
function group(store: WritableStore, operations: readonly KeyOperation[], encodings: Encodings): Executed {
  const view = new GroupView(store);
  const results: AnswerFields[] = [];
  let said: StoreCommit | undefined;
  let cursor: Uint8Array | undefined;
  for (const [index, operation] of operations.entries()) {
    if (operation.op === 'commit' || operation.op === 'cursor') {
      if (said !== undefined || cursor !== undefined)
        throw refusedAs('the request', refused('a group has one commit'), { safe: 'nothing of it was done' });
      said = commitOf(operation);
      ({ cursor } = operation);
      results.push({});
      continue;
    }
    const result = change(view, operation);
    if (!result.holds) return { fields: { applied: false, failed: index }, hasChanged: false };
    results.push(fieldsOf(result, encodings.value));
  }
  if (said !== undefined && store.commit === undefined) throw noSources();
  // A store without cursors refuses before anything is written.
  if (cursor !== undefined) store.setCursor(cursor);
  const { changes } = view;
  if (changes.length > 0 || said !== undefined) store.writeGroup(changes, said);
  return { fields: { applied: true, results }, hasChanged: true };
}

function change(view: EntryView, operation: Exclude<KeyOperation, CommitRequest | CursorMove>): LookedUp {
  switch (operation.op) {
    case 'get':
    case 'check':
      return lookUp(view, operation);
    case 'put':
      return applyChange(view, operation).isApplied ? APPLIED : NOT_APPLIED;
    case 'delete':
    case 'purge': {
      const { isApplied, wasThere } = applyChange(view, operation);
      return { fields: { deleted: wasThere }, hasChanged: wasThere, holds: isApplied };
    }
    case 'increment':
      return {
        fields: { value: applyChange(view, operation).value },
        hasChanged: true,
        holds: true,
      };
  }
}

const NOT_APPLIED: LookedUp = { fields: { applied: false }, hasChanged: false, holds: false };
const APPLIED: LookedUp = { fields: { applied: true }, hasChanged: true, holds: true };

function noSources(): StatelogError {
  return new StatelogError('NOT_REPRESENTABLE', 'a fold log does not remember sources', {
    hint: 'a commit moves its cursor: {"op":"commit","cursor":"42"}',
    safe: 'nothing was written',
  });
}
