import { versionFields } from '../../engine/fold/format/position-text.js';
import type { ReadableStore } from '../../engine/store/store.js';
import { type EntryView, holds } from '../operation/entry-view.js';
import type { KeyOperation } from '../operation/key-operation.js';
import { jsonField } from '../text/json-fields.js';
import type { Encoding, Encodings } from '../values/encoding.js';
import type { AnswerFields, Executed, LookedUp } from './executed.js';
import type { Operation } from './operation.js';

type Lookup = Extract<KeyOperation, { op: 'get' | 'check' }>;
type Reading = Lookup | Extract<Operation, { op: 'scan' | 'count' }>;

/** True for what changes nothing, and needs no lock. */
export function isReading(operation: Operation): operation is Reading {
  const { op } = operation;
  return op === 'get' || op === 'check' || op === 'scan' || op === 'count';
}

/** The answer to a request that changes nothing. */
export function answerFrom(store: ReadableStore, operation: Reading, encodings: Encodings): Executed {
  switch (operation.op) {
    case 'scan':
      return { fields: scan(store, operation, encodings), hasChanged: false };
    case 'count':
      return { fields: { count: store.count(operation.range) }, hasChanged: false };
    case 'get':
    case 'check':
      return lookUp(store, operation);
  }
}

/** Looks one key up. */
export function lookUp(view: Pick<EntryView, 'get'>, operation: Lookup): LookedUp {
  const entry = view.get(operation.key);
  if (operation.op === 'check') {
    const isSo = holds(operation, entry?.value);
    return { fields: { held: isSo }, hasChanged: false, holds: isSo };
  }
  if (entry === undefined) return NOT_FOUND;
  return { fields: FOUND, found: entry, hasChanged: false, holds: true };
}

const FOUND: AnswerFields = { found: true };
const NOT_FOUND: LookedUp = { fields: { found: false }, hasChanged: false, holds: true };

/** All fields of an answer. */
export function fieldsOf(
  { fields, found }: Pick<Executed, 'fields' | 'found'>,
  encoding: Encoding,
): AnswerFields {
  if (found === undefined) return fields;
  return { ...fields, ...jsonField('value', found.value, encoding), ...versionFields(found.version) };
}

function scan(
  store: ReadableStore,
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
