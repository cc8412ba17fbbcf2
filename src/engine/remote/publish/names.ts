import type { WatchCursor } from '../../fold/format/watch-cursor.js';
import { blake3Hex } from '../../bytes/hash/blake3.js';

/*
 * Names of a snapshot's blobs, as Slipstream's transport has them (docs/formats/artifact.md): for the key `edge/orders` the
 * pointer `edge/orders.manifest.json`, and payloads `edge/orders.payloads/RANK-DIGEST.tar`.
 */

const POINTER_END = '.manifest.json';
const PAYLOADS_END = '.payloads/';
const HEX_DIGITS = 16;
const PAYLOAD = /^([0-9a-f]{16})-([0-9a-f]{16})\.tar$/;
/** Tells whether the store honours conditions; no payload's name, so whoever removes payloads leaves it. */
const PROBE = 'conditional-put';

/** The name of a key's pointer. */
export function pointerName(key: string): string {
  return `${key}${POINTER_END}`;
}

/** The key that a pointer belongs to; undefined for the name of anything else. */
export function keyOfPointer(name: string): string | undefined {
  return name.endsWith(POINTER_END) ? name.slice(0, -POINTER_END.length) : undefined;
}

/** How the names of all of a key's payloads begin. */
export function payloadsPrefix(key: string): string {
  return `${key}${PAYLOADS_END}`;
}

/** The name of the blob that is made to find out whether a store honours conditions. */
export function probeName(key: string): string {
  return payloadsPrefix(key) + PROBE;
}

/** The rank of a snapshot among those of its key: the revision of its cursor, 0 for a cursor that is none. */
export function rankOf(cursor: WatchCursor): bigint {
  return cursor.asU64() ?? 0n;
}

/** The name of the payload that a manifest belongs to, of which these are the bytes. */
export function payloadName(key: string, rank: bigint, manifest: Uint8Array): string {
  const digest = blake3Hex(manifest).slice(0, HEX_DIGITS);
  return `${payloadsPrefix(key)}${rank.toString(16).padStart(HEX_DIGITS, '0')}-${digest}.tar`;
}

/** The rank in the name of one of a key's payloads; undefined where the name is not one. */
export function rankOfPayload(key: string, name: string): bigint | undefined {
  const prefix = payloadsPrefix(key);
  if (!name.startsWith(prefix)) return undefined;
  const rank = PAYLOAD.exec(name.slice(prefix.length))?.[1];
  return rank === undefined ? undefined : BigInt(`0x${rank}`);
}

/** The key that a payload belongs to, by its name; undefined for any other name. */
export function keyOfPayload(name: string): string | undefined {
  const at = name.lastIndexOf(PAYLOADS_END);
  if (at <= 0) return undefined;
  const key = name.slice(0, at);
  return rankOfPayload(key, name) === undefined ? undefined : key;
}
