import type { OnFault } from './artifact-check.js';
import { ENTRIES_MAX, MANIFEST_NAME, PAYLOAD_FOLDER } from './format.js';
import { PACKED_HINT, STORE_HINT } from './invalid.js';
import { foldersOf, payloadPathFault } from './payload-path.js';

/** The root of an artifact, as a tar names it. */
const ROOT = '.';

/** Keeps account of the paths that an artifact brought, and refuses those that it may not have. */
export class EntryPaths {
  readonly #onFault: OnFault;
  readonly #files = new Set<string>();
  /** Folders that were brought, or that a file lies in. */
  readonly #folders = new Set<string>();
  readonly #brought = new Set<string>();
  readonly #made = new Set<string>();

  constructor(onFault: OnFault) {
    this.#onFault = onFault;
  }

  /** Takes note of a folder that was brought: the root, or one of the payload. */
  addFolder(path: string): void {
    const fault = path === ROOT || path === PAYLOAD_FOLDER ? undefined : payloadPathFault(path);
    if (fault !== undefined) this.#refuse(path, fault);
    else if (this.#files.has(path)) this.#refuse(path, 'it is a file and a folder');
    else if (this.#isFirst(path) && path !== ROOT) this.#addFolders([...foldersOf(path), path], path);
  }

  /** True for a file that may be taken: the manifest, or one of the payload. */
  addFile(path: string): boolean {
    const fault = path === MANIFEST_NAME ? undefined : payloadPathFault(path);
    if (fault !== undefined) return this.#refuse(path, fault);
    if (!this.#isFirst(path)) return false;
    if (this.#folders.has(path)) return this.#refuse(path, 'it is a file and a folder');
    this.#files.add(path);
    return this.#addFolders(foldersOf(path), path);
  }

  /** True the first time that a folder is to be made. */
  markMade(path: string): boolean {
    if (this.#made.has(path)) return false;
    this.#made.add(path);
    return true;
  }

  #addFolders(folders: readonly string[], path: string): boolean {
    const inAFile = folders.find((folder) => this.#files.has(folder));
    if (inAFile !== undefined) return this.#refuse(path, `${inAFile} is a file`);
    for (const folder of folders) this.#folders.add(folder);
    return true;
  }

  #isFirst(path: string): boolean {
    if (this.#brought.has(path)) return this.#refuse(path, 'it is there twice');
    if (this.#brought.size >= ENTRIES_MAX) {
      return this.#refuse(path, `there are more than ${ENTRIES_MAX} entries`);
    }
    this.#brought.add(path);
    return true;
  }

  #refuse(path: string, reason: string): false {
    const name = path.slice(path.lastIndexOf('/') + 1);
    const isOfMacOs = name.startsWith('._') || name === '.DS_Store';
    this.#onFault({
      class: 'unlisted-file',
      message: `of the entry ${shown(path)}: ${isOfMacOs ? 'macOS has put it there' : reason}`,
      entry: path,
      hint: isOfMacOs ? MACOS_HINT : packedHint(path),
    });
    return false;
  }
}

const MACOS_HINT =
  "remove what macOS adds: find ARTIFACT \\( -name '._*' -o -name .DS_Store \\) -delete; pack with COPYFILE_DISABLE=1";

/** Names at the top of a state directory. */
const OF_STORE = /^(CLOSED|LOCK|wal|checkpoints|broken)(\/|$)/;
/** Files of ours that somebody packs: segments, logs, state files, artifacts and exports. */
const OF_OURS = /(^|\/)(wal-\d{1,5}\.log|[^/]+\.(snap|db|idx|tar|ndjson))(\.gz)?$/;

/** The advice about what belongs in no artifact; undefined for what is none of ours. */
function packedHint(path: string): string | undefined {
  if (OF_STORE.test(path)) return STORE_HINT;
  return OF_OURS.test(path) ? PACKED_HINT : undefined;
}

const SHOWN_CHARACTERS_MAX = 80;

/** A path of which nothing is known, for a message: quoted, and not too long. */
function shown(path: string): string {
  const quoted = JSON.stringify(path);
  return quoted.length > SHOWN_CHARACTERS_MAX ? `${quoted.slice(0, SHOWN_CHARACTERS_MAX)}…` : quoted;
}
