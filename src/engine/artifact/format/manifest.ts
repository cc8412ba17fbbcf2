import * as v from 'valibot';
import { schemaIssueText } from '../../bytes/text/schema-issue.js';
import { fromHex, fromUtf8, toUtf8 } from '../../bytes/text/text.js';
import { isKnownCursor, WatchCursor } from '../../fold/format/watch-cursor.js';
import { doubledKey } from './doubled-keys.js';
import {
  MANIFEST_BYTES_MAX,
  MANIFEST_NAME,
  SCHEMA_VERSION,
  SCOPE_PREFIXES_MAX,
  SCOPED_SCHEMA_VERSION,
} from './format.js';
import { artifactError, invalidArtifact, STORE_HINT } from './invalid.js';
import { comparePaths, payloadPathFault } from './payload-path.js';

/** One file of the payload. */
export interface ArtifactFile {
  /** Relative to the artifact, always under `data/`. */
  readonly path: string;
  /** Bytes. */
  readonly size: number;
  /** BLAKE3, 64 lower-case hex digits. */
  readonly blake3: string;
}

/** The manifest of an artifact. */
export interface ExportManifest {
  readonly schemaVersion: number;
  /** The system that wrote the files: `append-log`, `mmap-state`; `fjall` and `rocksdb` exist elsewhere. */
  readonly backend: string;
  /** The version of those files' format. */
  readonly backendVersion: string;
  /** The position that the payload is exactly consistent with; for `mmap-state` this is the epoch. */
  readonly cursor: WatchCursor;
  /** Seconds since 1970, for information. */
  readonly createdAtUnix: number;
  /** Sorted by their paths. */
  readonly files: readonly ArtifactFile[];
  /** The prefixes of the keys that the fold holds, [''] for all; undefined where it is not said (schema 1). */
  readonly scope?: readonly string[] | undefined;
}

const wholeNumber = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(Number.MAX_SAFE_INTEGER));
const backendName = v.pipe(v.string(), v.regex(/^[\w.-]{1,64}$/));

const manifestSchema = v.strictObject({
  schema_version: wholeNumber,
  backend: backendName,
  backend_version: backendName,
  cursor_hex: v.pipe(v.string(), v.regex(/^([0-9a-f]{2}){0,20}$/)),
  created_at_unix: wholeNumber,
  files: v.array(
    v.strictObject({
      path: v.string(),
      size: wholeNumber,
      blake3: v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/)),
    }),
  ),
  scope: v.optional(v.pipe(v.array(v.string()), v.minLength(1), v.maxLength(SCOPE_PREFIXES_MAX))),
});

/** The bytes of `MANIFEST.json`. */
export function encodeExportManifest(manifest: ExportManifest): Uint8Array {
  const wire = {
    schema_version: manifest.schemaVersion,
    backend: manifest.backend,
    backend_version: manifest.backendVersion,
    cursor_hex: manifest.cursor.toHex(),
    created_at_unix: manifest.createdAtUnix,
    files: manifest.files.map(({ path, size, blake3 }) => ({ path, size, blake3 })),
    ...(manifest.scope === undefined ? {} : { scope: manifest.scope }),
  };
  return toUtf8(JSON.stringify(wire, null, 2));
}

/**
 * Reads a manifest, of which nothing is trusted, in any JSON layout: it has no doubled key, no unknown one and no number
 * that loses digits; a scope in schema 2 and none in 1.
 * @param origin the artifact, for messages
 * @throws StatelogError `INVALID_ARTIFACT`; `UNSUPPORTED_VERSION` for another schema
 */
export function decodeExportManifest(bytes: Uint8Array, origin: string): ExportManifest {
  if (bytes.length > MANIFEST_BYTES_MAX) throw tooLarge(origin, bytes.length);
  const parsed = parse(bytes, origin);
  refuseStore(parsed, origin);
  refuseOtherSchema(parsed, origin);
  const checked = v.safeParse(manifestSchema, parsed, { abortEarly: true });
  if (!checked.success) throw invalidManifest(origin, schemaIssueText(checked.issues[0]));
  const wire = checked.output;
  const manifest: ExportManifest = {
    schemaVersion: wire.schema_version,
    backend: wire.backend,
    backendVersion: wire.backend_version,
    cursor: cursorOf(fromHex(wire.cursor_hex)!, origin),
    createdAtUnix: wire.created_at_unix,
    files: wire.files,
    scope: wire.scope,
  };
  if ((manifest.schemaVersion === SCOPED_SCHEMA_VERSION) !== (manifest.scope !== undefined)) {
    throw invalidManifest(origin, 'a scope is required in schema 2, and forbidden in schema 1');
  }
  refuseBadFiles(manifest.files, origin);
  return manifest;
}

/** The error for a manifest that is too large to be one; nothing of it need be read. */
export function tooLarge(origin: string, size: number): Error {
  return invalidManifest(origin, `it has ${size} bytes, more than the ${MANIFEST_BYTES_MAX} allowed`);
}

/** A cursor of another release, whose length or flags are not known, is not ours to carry. */
function cursorOf(bytes: Uint8Array, origin: string): WatchCursor {
  if (isKnownCursor(bytes, 0, bytes.length)) return WatchCursor.fromBytes(bytes);
  throw artifactError('UNSUPPORTED_VERSION', origin, 'its cursor is of a kind that is not known', {
    class: 'bad-version',
    found: `${bytes.length} bytes`,
    hint: 'a newer statelog may read it',
  });
}

function parse(bytes: Uint8Array, origin: string): unknown {
  const text = fromUtf8(bytes);
  if (text === undefined) throw invalidManifest(origin, 'it is not UTF-8');
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (cause) {
    throw invalidManifest(origin, 'it is not JSON', cause);
  }
  const doubled = doubledKey(text);
  if (doubled !== undefined)
    throw invalidManifest(origin, `the key ${JSON.stringify(doubled.slice(0, 80))} stands twice`);
  return parsed;
}

/** Refuses the file of this name that each state directory has. */
function refuseStore(parsed: unknown, origin: string): void {
  if ((parsed as { storeId?: unknown } | null)?.storeId === undefined) return;
  throw invalidArtifact(origin, `${MANIFEST_NAME}: it is that of a store`, {
    class: 'bad-header',
    hint: STORE_HINT,
  });
}

/** Told apart from a manifest that is merely bad, since it may be a newer program's. */
function refuseOtherSchema(parsed: unknown, origin: string): void {
  const version = (parsed as { schema_version?: unknown } | null)?.schema_version;
  if (!Number.isSafeInteger(version) || version === SCHEMA_VERSION || version === SCOPED_SCHEMA_VERSION)
    return;
  throw artifactError('UNSUPPORTED_VERSION', origin, `the artifact has schema ${String(version)}`, {
    class: 'bad-version',
    expected: `schema ${SCHEMA_VERSION} or ${SCOPED_SCHEMA_VERSION}`,
    found: `schema ${String(version)}`,
    hint: 'a newer statelog may read it',
  });
}

function refuseBadFiles(files: readonly ArtifactFile[], origin: string): void {
  for (const [index, { path }] of files.entries()) {
    const fault = payloadPathFault(path);
    if (fault !== undefined) throw invalidManifest(origin, `of the path ${JSON.stringify(path)}: ${fault}`);
    const before = files[index - 1]?.path;
    if (before !== undefined && comparePaths(before, path) >= 0) {
      throw invalidManifest(origin, `the path ${JSON.stringify(path)} is listed twice or out of order`);
    }
  }
}

function invalidManifest(origin: string, reason: string, cause?: unknown): Error {
  return invalidArtifact(origin, `${MANIFEST_NAME}: ${reason}`, { class: 'bad-header', cause });
}
