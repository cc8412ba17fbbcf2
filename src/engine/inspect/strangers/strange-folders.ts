import { basename, dirname, join, resolve } from 'node:path';
import { commandText, shellWord } from '../../bytes/text/command-hints.js';
import { isStatelogError } from '../../errors.js';
import type { FileSystem } from '../../storage-io/interface/file-system.js';
import { foldersIn } from '../../storage-io/views/names-in.js';
import { holdsLooseParts } from './loose-parts.js';
import { snapshotsBelow } from './snapshot-places.js';
import type { StrangeFolder } from './strange-folder.js';

/** Identifies what can be opened by itself. */
type Identify = (path: string) => { readonly kind: string; readonly path: string } | undefined;

const DEPTH_MAX = 3;
const FOLDERS_MAX = 200;
/** Files of a folder that are looked into. */
const FILES_MAX = 200;
/** Kinds that a folder is more likely kept for than for a folder in it. */
const LIVE_KINDS = ['state-file', 'log', 'wal-segment'];
const PART_DIGITS = 2;
const LETTERS = 26;
const FIRST_LETTER = 97;
const NOTHING_KNOWN = 'the folder holds nothing that statelog knows';
const ROOT_OF_ALL: StrangeFolder = {
  message: 'this is the root of the file system, and no store',
  hint: 'name a store, or a new path for one; where a script has a variable before the slash, it was empty',
};
/** Names of ours as file systems that know no small letters, and tools for them, give them back. */
const UPPER_CASE =
  /^(MANIFEST\.JSON|WAL-\d{1,5}\.LOG|STATE-\d{1,5}\.(DB|IDX)|FOLD\.SNAP|WAL|CHECKPOINTS|DATA)$/;

/**
 * Looks round a folder in which nothing is known: at its names, at the store that it may be a part of, and at what lies in it.
 * @returns undefined where that tells nothing
 */
export function strangeFolder(
  fileSystem: FileSystem,
  folder: string,
  names: readonly string[],
  identify: Identify,
): StrangeFolder | 'parts of a store' | undefined {
  // What lies in it, such as the folders of processes and of memory, is nobody's store.
  if (dirname(resolve(folder)) === resolve(folder)) return ROOT_OF_ALL;
  const outside =
    inUpperCase(folder, names) ?? partOfStore(fileSystem, folder, identify) ?? partsOfFile(folder, names);
  if (outside !== undefined) return outside;
  if (holdsLooseParts(fileSystem, folder, names)) return 'parts of a store';
  const snapshots = snapshotsBelow(fileSystem, folder);
  if (snapshots !== undefined) return snapshots;
  const files = filesIn(fileSystem, folder, names, identify);
  const isLive = files.some(({ kind }) => LIVE_KINDS.includes(kind));
  return (isLive ? undefined : above(fileSystem, folder, identify)) ?? holding(files);
}

function inUpperCase(folder: string, names: readonly string[]): StrangeFolder | undefined {
  const example = names.find((name) => UPPER_CASE.test(name));
  if (example === undefined) return undefined;
  const word = shellWord(folder);
  const rename = `find ${word} -mindepth 1 -depth -name '*[A-Z]*' ! -name LOCK ! -name CLOSED -execdir sh -c 'mv -n "$1" "$(echo "$1" | tr A-Z a-z)"' _ {} \\;`;
  const manifest = names.includes('MANIFEST.JSON')
    ? `, then ${commandText('mv', join(folder, 'manifest.json'), join(folder, 'MANIFEST.json'))}`
    : '';
  return {
    message: `${NOTHING_KNOWN}: its names are in capitals (${example}), and ours are not`,
    hint: `run: ${rename}${manifest}`,
  };
}

/** The parts that `split` made of a file: `aa`, `ab` and so on behind one name, or `00`, `01`, and nothing else of that kind. */
function partsOfFile(folder: string, names: readonly string[]): StrangeFolder | undefined {
  const first = names.find(
    (name) =>
      (name.endsWith('aa') && names.includes(`${name.slice(0, -1)}b`)) ||
      (name.endsWith('00') && names.includes(`${name.slice(0, -1)}1`)),
  );
  if (first === undefined) return undefined;
  const partName = first.endsWith('0') ? numberedPart : letteredPart;
  const stem = first.slice(0, -PART_DIGITS);
  const parts = names.filter((name) => name.startsWith(stem) && name.length === first.length).sort();
  if (parts.some((name, index) => name !== `${stem}${partName(index)}`)) return undefined;
  const whole = stem.length > 1 && /[.-]$/.test(stem) ? stem.slice(0, -1) : `${stem}-joined`;
  const into = join(folder, whole);
  return {
    message: `${NOTHING_KNOWN}: it holds a file in ${parts.length} parts, as split makes them`,
    hint: `run: cat ${shellWord(join(folder, stem))}?? > ${shellWord(into)}, then ${commandText('statelog', 'verify', into)}`,
  };
}

function numberedPart(index: number): string {
  return String(index).padStart(PART_DIGITS, '0');
}

function letteredPart(index: number): string {
  return [Math.floor(index / LETTERS), index % LETTERS]
    .map((letter) => String.fromCharCode(FIRST_LETTER + letter))
    .join('');
}

function partOfStore(fileSystem: FileSystem, folder: string, identify: Identify): StrangeFolder | undefined {
  for (let above = dirname(resolve(folder)), depth = 0; depth < 2; above = dirname(above), depth++) {
    if (fileSystem.statusFollowing(join(above, 'MANIFEST.json')) === undefined) continue;
    if (kindAt(identify, above) !== 'directory') continue;
    return {
      message: `${NOTHING_KNOWN}: it is a part of a state directory`,
      hint: `name the store: ${commandText('statelog', 'verify', above)}`,
    };
  }
  return undefined;
}

/** The content of a folder, at the nearest depth at which there is any. */
function above(fileSystem: FileSystem, folder: string, identify: Identify): StrangeFolder | undefined {
  let folders = [folder];
  for (let depth = 0; depth < DEPTH_MAX; depth++) {
    folders = folders.flatMap((one) => foldersIn(fileSystem, one)).slice(0, FOLDERS_MAX);
    const found = folders.flatMap((path) => {
      const kind = kindAt(identify, path);
      return kind === undefined ? [] : [{ path, kind }];
    });
    const [first, ...others] = found;
    if (first === undefined) continue;
    const more = others.length === 0 ? '' : `, and ${others.length} more beside it`;
    return {
      message: `${NOTHING_KNOWN}: it is the folder above a ${inWords(first.kind)}${more}`,
      hint: `name that: ${commandText('statelog', 'verify', first.path)}`,
    };
  }
  return undefined;
}

/** The files of a folder that can be opened, the live ones first; a state file and its index once. */
function filesIn(
  fileSystem: FileSystem,
  folder: string,
  names: readonly string[],
  identify: Identify,
): { readonly path: string; readonly kind: string }[] {
  const found = new Map<string, string>();
  for (const name of names.slice(0, FILES_MAX)) {
    const file = join(folder, name);
    if (fileSystem.status(file)?.kind !== 'file') continue;
    try {
      const { kind, path } = identify(file) ?? {};
      if (kind !== undefined && path !== undefined) found.set(path, kind);
    } catch (error) {
      if (!isStatelogError(error)) throw error;
    }
  }
  const files = [...found].map(([path, kind]) => ({ path, kind }));
  const isLive = ({ kind }: { readonly kind: string }): boolean => LIVE_KINDS.includes(kind);
  return [...files.filter(isLive), ...files.filter((file) => !isLive(file))];
}

function holding(
  files: readonly { readonly path: string; readonly kind: string }[],
): StrangeFolder | undefined {
  const [first] = files;
  if (first === undefined) return undefined;
  const more = files.length === 1 ? '' : `, and ${files.length - 1} more that can be opened`;
  const article = first.kind.startsWith('a') ? 'an' : 'a';
  return {
    message: `the folder is no store; ${basename(first.path)} in it is ${article} ${inWords(first.kind)}${more}`,
    hint: `name that: ${commandText('statelog', 'verify', first.path)}`,
  };
}

/** A kind as a sentence has it: a state file. */
function inWords(kind: string): string {
  return kind.replaceAll('-', ' ');
}

function kindAt(identify: Identify, path: string): string | undefined {
  try {
    return identify(path)?.kind;
  } catch (error) {
    // Without its manifest it is one all the same.
    if (isStatelogError(error, 'DAMAGED')) return 'directory';
    if (isStatelogError(error)) return undefined;
    throw error;
  }
}
