/** Names and limits of an export artifact, schemas 1 and 2. The layout is on docs/formats/artifact.md. */

/** The layout without a scope, which every release reads. */
export const SCHEMA_VERSION = 1;
/** The layout that says which keys the fold holds (Slipstream 0.8.0 and later). */
export const SCOPED_SCHEMA_VERSION = 2;
/** Prefixes of a scope, at the most. */
export const SCOPE_PREFIXES_MAX = 1024;
/** At the root of an artifact; written last, so that an artifact which has one is complete. */
export const MANIFEST_NAME = 'MANIFEST.json';
/** Holds the payload. */
export const PAYLOAD_FOLDER = 'data';

/** A manifest is small; a larger one is refused before it is read. */
export const MANIFEST_BYTES_MAX = 1024 * 1024;
/** Files and folders of one artifact: more than a manifest of that size can list. */
export const ENTRIES_MAX = 8192;
/** Bytes of a path, and folders in it. Our own paths have some 20 bytes and one folder. */
export const PATH_BYTES_MAX = 255;
export const PATH_DEPTH_MAX = 8;
/** How much is read, hashed or written at once. */
export const CHUNK_BYTES = 1024 * 1024;
