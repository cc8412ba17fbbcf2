/*
 * Ends of the names that the snapshots of a key have in a bucket, or in a folder laid out like one (docs/formats/artifact.md): for the key
 * `edge/orders` the pointer `edge/orders.manifest.json`, and payloads `edge/orders.payloads/RANK-DIGEST.tar`.
 */

export const POINTER_END = '.manifest.json';
/** The folder of the payloads. */
export const PAYLOADS_END = '.payloads';
/** A payload in that folder: its rank, so that names sort as the snapshots follow each other, and its digest. */
export const PAYLOAD_NAME = /^([0-9a-f]{16})-([0-9a-f]{16})\.tar$/;
