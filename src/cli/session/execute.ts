import { StatelogError } from '../../engine/errors.js';
import { cursorText, versionFields } from '../../engine/fold/format/position-text.js';
import type { StoreCommit, WritableStore } from '../../engine/store/store.js';
import type { Encodings } from '../values/encoding.js';
import { applyChange } from '../operation/apply-change.js';
import { type EntryView, GroupView, holds, viewOf } from '../operation/entry-view.js';
import type { CommitRequest, CursorMove, KeyOperation } from '../operation/key-operation.js';
import { refused, refusedAs } from '../operation/refusal.js';
import { jsonField } from '../text/json-fields.js';
import type { Operation } from './operation.js';

/** The fields of an answer, `id` and `ok` apart. */
export type AnswerFields = Readonly<Record<string, unknown>>;

/** Outcome of an operation. */
export interface Executed {
  readonly fields: AnswerFields;
  /** Whether it changed something that is not on disk before the store's next `sync`. */
  readonly hasChanged: boolean;
}

/**
 * Does what a request asks for. Changes are seen by the next one at once, and are on disk after a sync.
 * @throws StatelogError `NOT_REPRESENTABLE`, `LIMIT_EXCEEDED`, `INVALID_LINE`: nothing was changed then; what the store throws
 */
export async function execute(
  store: WritableStore,
  operation: Operation,
  encodings: Encodings,
): Promise<Executed> {
  switch (operation.op) {
    case 'scan':
      return { fields: scan(store, operation, encodings), hasChanged: false };
    case 'count':
      return { fields: { count: store.count(operation.range) }, hasChanged: false };
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
    case 'get':
    case 'check':
    case 'put':
    case 'delete':
    case 'purge':
    case 'increment':
      return change(viewOf(store), operation, encodings);
  }
}

function scan(
  store: WritableStore,
  { range, limit, keysOnly }: Extract<Operation, { op: 'scan' }>,
  encodings: Encodings,
): AnswerFields {
  const entries: object[] = [];
  let more = false;
  const take = (entry: object): boolean => {
    more = entries.length === limit;
    if (!more) entries.push(entry);
    return !more;
  };
  if (keysOnly) {
    for (const key of store.keys(range)) if (!take(jsonField('key', key, encodings.key))) break;
  } else {
    for (const { key, value, version } of store.entries(range)) {
      const fields = {
        ...jsonField('key', key, encodings.key),
        ...jsonField('value', value, encodings.value),
      };
      if (!take({ ...fields, ...versionFields(version) })) break;
    }
  }
  return { entries, more };
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
    const result = change(view, operation, encodings);
    if (!result.holds) return { fields: { applied: false, failed: index }, hasChanged: false };
    results.push(result.fields);
  }
  if (said !== undefined && store.commit === undefined) throw noSources();
  // A store without cursors refuses before anything is written.
  if (cursor !== undefined) store.setCursor(cursor);
  const { changes } = view;
  if (changes.length > 0 || said !== undefined) store.writeGroup(changes, said);
  return { fields: { applied: true, results }, hasChanged: true };
}

interface Changed extends Executed {
  /** Whether its condition held. */
  readonly holds: boolean;
}

function change(
  view: EntryView,
  operation: Exclude<KeyOperation, CommitRequest | CursorMove>,
  encodings: Encodings,
): Changed {
  switch (operation.op) {
    case 'get': {
      const entry = view.get(operation.key);
      if (entry === undefined) return { fields: { found: false }, hasChanged: false, holds: true };
      const fields = { found: true, ...jsonField('value', entry.value, encodings.value) };
      return { fields: { ...fields, ...versionFields(entry.version) }, hasChanged: false, holds: true };
    }
    case 'check': {
      const isSo = holds(operation, view.get(operation.key)?.value);
      return { fields: { held: isSo }, hasChanged: false, holds: isSo };
    }
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

const NOT_APPLIED: Changed = { fields: { applied: false }, hasChanged: false, holds: false };
const APPLIED: Changed = { fields: { applied: true }, hasChanged: true, holds: true };

function noSources(): StatelogError {
  return new StatelogError('NOT_REPRESENTABLE', 'a fold log does not remember sources', {
    hint: 'a commit moves its cursor: {"op":"commit","cursor":"42"}',
    safe: 'nothing was written',
  });
}
