import { checkBytes, wrongType } from '../../bytes/byte-argument.js';
import { StatelogError } from '../../errors.js';
import { isUtf8, isWellFormed } from '../../bytes/text/text.js';
import { KEY_BYTES_MAX, VALUE_BYTES_MAX, VALUE_BYTES_PORTABLE } from './format.js';
import { VersionToken } from './version-token.js';

const OPERATIONS: ReadonlySet<unknown> = new Set(['put', 'delete', 'purge']);

/** A key as a caller has it: a string, or its UTF-8 bytes. */
export type KeyLike = string | Uint8Array;

/** One live entry of a fold. The value is a copy. */
export interface KvEntry {
  readonly key: string;
  readonly value: Uint8Array;
  readonly version: VersionToken;
}

/** One change to a fold. A purge (all history removed, where the source has any) deletes here. */
export type KvUpdate =
  | {
      readonly op: 'put';
      readonly key: KeyLike;
      readonly value: Uint8Array;
      readonly version?: VersionToken | undefined;
    }
  | { readonly op: 'delete' | 'purge'; readonly key: KeyLike; readonly version?: VersionToken | undefined };

/** An update whose key is bytes. */
export type KeyedUpdate = KvUpdate & { readonly key: Uint8Array };

/** The ways to make an update, by name. */
export const KvUpdate = {
  put(key: KeyLike, value: Uint8Array, version: VersionToken = VersionToken.unknown()): KvUpdate {
    checkBytes(value, 'value');
    return { op: 'put', key: checkedKey(key), value, version: checkedVersion(version) };
  },
  delete(key: KeyLike, version: VersionToken = VersionToken.unknown()): KvUpdate {
    return { op: 'delete', key: checkedKey(key), version: checkedVersion(version) };
  },
  purge(key: KeyLike, version: VersionToken = VersionToken.unknown()): KvUpdate {
    return { op: 'purge', key: checkedKey(key), version: checkedVersion(version) };
  },
};

/**
 * Checks that a fold log can hold an update, before anything is written.
 * @throws TypeError for an update that is none
 * @throws StatelogError `NOT_REPRESENTABLE` for a key that is over 65,535 bytes or not UTF-8,
 * `LIMIT_EXCEEDED` for a value over 16 MiB, or over 64 MiB with `largeValues`
 */
export function checkUpdate(update: KvUpdate, largeValues = false): void {
  const { op, key, version } = update;
  if (!OPERATIONS.has(op)) throw new TypeError('op must be put, delete or purge');
  checkKey(checkedKey(key));
  if (version !== undefined) checkedVersion(version);
  if (op !== 'put') return;
  checkBytes(update.value, 'value');
  checkValue(update.value, largeValues);
}

/** Checks each update of a batch as `checkUpdate` does; the updates. */
export function checkUpdates<U extends KvUpdate>(batch: Iterable<U>, largeValues?: boolean): U[] {
  const updates = [...batch];
  for (const update of updates) checkUpdate(update, largeValues);
  return updates;
}

/** Returns the key after checking it. @throws TypeError for anything but text or bytes */
export function checkedKey(key: KeyLike): KeyLike {
  if (typeof key === 'string') return key;
  checkBytes(key, 'key');
  return key;
}

function checkedVersion(version: VersionToken): VersionToken {
  if (version instanceof VersionToken) return version;
  throw wrongType('version', 'a VersionToken', version);
}

function checkKey(key: KeyLike): void {
  const wellFormed = typeof key === 'string' ? isWellFormed(key) : isUtf8(key);
  if (!wellFormed) {
    throw new StatelogError('NOT_REPRESENTABLE', 'a fold log holds no key that is not UTF-8', {
      hint: 'use a state directory for keys of any bytes',
    });
  }
  if (!isTooLong(key)) return;
  const bytes = typeof key === 'string' ? Buffer.byteLength(key) : key.length;
  throw new StatelogError('NOT_REPRESENTABLE', `a fold log holds no key of ${bytes} bytes`, {
    expected: `at most ${KEY_BYTES_MAX} bytes`,
    found: `${bytes} bytes`,
    hint: 'use a state directory for longer keys',
  });
}

function isTooLong(key: KeyLike): boolean {
  if (typeof key !== 'string') return key.length > KEY_BYTES_MAX;
  // A unit of a string takes at most three bytes: a short key need not be measured.
  return key.length * 3 > KEY_BYTES_MAX && Buffer.byteLength(key) > KEY_BYTES_MAX;
}

function checkValue(value: Uint8Array, largeValues: boolean): void {
  const max = largeValues ? VALUE_BYTES_MAX : VALUE_BYTES_PORTABLE;
  if (value.length <= max) return;
  throw new StatelogError('LIMIT_EXCEEDED', `a fold log holds no value of ${value.length} bytes`, {
    expected: `at most ${max} bytes`,
    found: `${value.length} bytes`,
    hint:
      value.length > VALUE_BYTES_MAX
        ? 'use a state directory for it'
        : 'Slipstream before 0.8.3 takes it for corruption; write it all the same with --large-values',
  });
}
