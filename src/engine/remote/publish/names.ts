import type { WatchCursor } from '../../fold/format/watch-cursor.js';
import { PAYLOAD_NAME, PAYLOADS_END, POINTER_END } from '../../artifact/format/snapshot-names.js';
import { blake3Hex } from '../../bytes/hash/blake3.js';

/*
 * Names of a snapshot's blobs, as Slipstream's transport has them (docs/formats/artifact.md): for the key `edge/orders` the
 * pointer `edge/orders.manifest.json`, and payloads `edge/orders.payloads/RANK-DIGEST.tar`. Beside them, what stands on a
 * payload: `edge/orders.increments/RANK-DIGEST/NUMBER.ndjson`, counted from 0, which only says where the payload stands.
 */

const PAYLOAD_END = '.tar';
/** A folder of ours: Slipstream's transport knows nothing of it, and leaves it alone. */
const INCREMENTS_END = '.increments/';
const HEX_DIGITS = 16;
const NUMBER_DIGITS = 6;
const LINK = /^([0-9a-f]{16}-[0-9a-f]{16})\/(\d{6})\.ndjson$/;
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
  return `${key}${PAYLOADS_END}/`;
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
  return `${payloadsPrefix(key)}${rank.toString(16).padStart(HEX_DIGITS, '0')}-${digest}${PAYLOAD_END}`;
}

/** The rank in the name of one of a key's payloads; undefined where the name is not one. */
export function rankOfPayload(key: string, name: string): bigint | undefined {
  const prefix = payloadsPrefix(key);
  if (!name.startsWith(prefix)) return undefined;
  const rank = PAYLOAD_NAME.exec(name.slice(prefix.length))?.[1];
  return rank === undefined ? undefined : BigInt(`0x${rank}`);
}

/** The key that a payload belongs to, by its name; undefined for any other name. */
export function keyOfPayload(name: string): string | undefined {
  const at = name.lastIndexOf(`${PAYLOADS_END}/`);
  if (at <= 0) return undefined;
  const key = name.slice(0, at);
  return rankOfPayload(key, name) === undefined ? undefined : key;
}

/** How the names of all increments of a key's snapshots begin. */
export function incrementsPrefix(key: string): string {
  return key + INCREMENTS_END;
}

/** How the names of the increments that stand on a payload begin. */
export function chainPrefix(key: string, payload: string): string {
  const name = payload.slice(payloadsPrefix(key).length, -PAYLOAD_END.length);
  return `${incrementsPrefix(key)}${name}/`;
}

/** The name of an increment that stands on a payload: the first has number 1, and 0 says where the payload stands. */
export function linkName(key: string, payload: string, number: number): string {
  return `${chainPrefix(key, payload)}${String(number).padStart(NUMBER_DIGITS, '0')}.ndjson`;
}

/** The payload that an increment of a key stands on, and its number; undefined for any other name. */
export function linkOf(
  key: string,
  name: string,
): { readonly payload: string; readonly number: number } | undefined {
  const prefix = incrementsPrefix(key);
  const [, payload, number] = LINK.exec(name.startsWith(prefix) ? name.slice(prefix.length) : '') ?? [];
  if (payload === undefined || number === undefined) return undefined;
  return { payload: `${payloadsPrefix(key)}${payload}${PAYLOAD_END}`, number: Number(number) };
}

/** The key of an increment, by its name; undefined for any other name. */
export function keyOfLink(name: string): string | undefined {
  const at = name.lastIndexOf(INCREMENTS_END);
  if (at <= 0) return undefined;
  const key = name.slice(0, at);
  return linkOf(key, name) === undefined ? undefined : key;
}

/** True if a payload has the manifest of these bytes, as far as its name tells. */
export function isPayloadOf(payload: string, manifest: Uint8Array): boolean {
  return payload.endsWith(`-${blake3Hex(manifest).slice(0, HEX_DIGITS)}${PAYLOAD_END}`);
}
