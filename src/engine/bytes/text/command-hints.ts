/** Text that a shell takes for one word without quotes. */
const PLAIN_WORD = /^[\w@%+=:,./-]+$/;
/** A name's ending that says what is in the file. */
const EXTENSION = /\.(snap|db|log|tar)$/;

/** A command line to be run as it stands: in quotes, or with the words quoted that need it. */
export function commandText(...words: readonly string[]): string {
  if (words.every((word) => PLAIN_WORD.test(word))) return `'${words.join(' ')}'`;
  return words.map((word) => (PLAIN_WORD.test(word) ? word : quoted(word))).join(' ');
}

/** A word as a shell takes it for one. */
export function shellWord(word: string): string {
  return PLAIN_WORD.test(word) ? word : quoted(word);
}

/** The name of standard input where a path is named. */
export const STANDARD_INPUT_NAME = '-';

/** A hint about a path; what came through a pipe is gone by then, unless it is saved first. */
export function hintOn(path: string, hintAbout: (path: string) => string): string {
  if (path !== STANDARD_INPUT_NAME) return hintAbout(path);
  return `save what was read to a file, say FILE, and ${hintAbout('FILE')}`;
}

function runOn(path: string, commandOn: (path: string) => string): string {
  return hintOn(path, (file) => `run ${commandOn(file)}`);
}

/** The hint to run `verify`, which shows all damage. */
export function verifyHint(path: string): string {
  return `${runOn(path, (file) => commandText('statelog', 'verify', file))} to see all that is damaged`;
}

/** The hint to run `repair --into`, which brings every good record of something damaged to a new place. */
export function repairHint(path: string): string {
  return `${repairCommandOn(path)} to bring every good record to a new place`;
}

function repairCommandOn(path: string): string {
  return runOn(path, (file) => commandText('statelog', 'repair', file, '--into', newPlaceFor(file)));
}

/** The hint to run `wal-replay --into`, which makes a store of a log that has gaps. */
export function replayHint(path: string): string {
  const command = runOn(path, (file) =>
    commandText('statelog', 'wal-replay', file, '--skip-damage', '--into', storeFor(file)),
  );
  return `${command} to make a store of the records that are there`;
}

/** The hint about an export of lines that is not whole: a store is made of its good ones, and the others are kept. */
export function linesHint(path: string, isCompressed: boolean): string {
  const command = runOn(path, (file) => {
    // A batch takes lines as they lie in a file.
    const lines = isCompressed ? `${file}.expanded` : file;
    const [made, rejects] = [storeFor(file), `${lines}.rejects`];
    const put = commandText('statelog', 'put', made, '--batch', lines, '--skip-bad', '--rejects', rejects);
    return isCompressed ? `gzip -dc ${shellWord(file)} > ${shellWord(lines)}, then ${put}` : put;
  });
  return `${command} to make a store of the lines that are good`;
}

/** The hint for something that is missing, the best way first. */
export function missingHint(path: string): string {
  return `put it back from a copy, or ${repairHint(path)}`;
}

/** The hint to run `repair`, which cuts an unfinished last write. */
export function cutHint(path: string): string {
  return `${runOn(path, (file) => commandText('statelog', 'repair', file))} to copy it aside and cut it`;
}

/** The hint to unpack a tar, as far as it goes, and to look at what was in it. */
export function unpackHint(path: string): string {
  return hintOn(path, (file) => {
    const folder = `${partsOf(file).stem}-unpacked`;
    const unpack = commandText('tar', '-xf', file, '-C', folder);
    return `run ${commandText('mkdir', folder)}, then ${unpack}, then ${commandText('statelog', 'verify', folder)}`;
  });
}

/** The hint for a file that the disk does not give out in full. */
export function diskCopyHint(path: string | undefined): string {
  const rescue = path === undefined ? 'ddrescue' : commandText('ddrescue', path, 'COPY');
  return `the disk may be failing: ${rescue} copies what can be read, 'statelog verify' tells what the copy lacks`;
}

/** The hint for what the rights of a file, or of a folder above it, do not allow. */
export function rightsHint(path: string | undefined): string {
  const shown =
    path === undefined ? '' : `: ${commandText('namei', '-l', path)} shows who owns each part of the path`;
  return `run it as its owner, or have its rights changed${shown}`;
}

/** The hint for a file system that takes no writes. */
export function readOnlyHint(path: string | undefined): string {
  const shown = path === undefined ? '' : ` (${commandText('findmnt', '-T', path)} says which)`;
  return `mount the file system for writing${shown}, or work on a copy elsewhere`;
}

/** A name for what is made of something damaged. */
function newPlaceFor(path: string): string {
  const { stem, extension } = partsOf(path);
  return `${stem}-repaired${extension}`;
}

/** A name for what is rescued of something: the first of them, or a later one where that is taken. */
export function rescuedPlaceFor(path: string, attempt: number): string {
  return placeBeside(path, 'rescued', attempt);
}

/** A name for a damaged file that is moved aside, with the extension that it has; a later one where the first is taken. */
export function damagedPlaceFor(path: string, attempt: number): string {
  return placeBeside(path, 'damaged', attempt);
}

function placeBeside(path: string, what: string, attempt: number): string {
  const { stem, extension } = partsOf(path);
  return `${stem}-${what}${attempt === 1 ? '' : `-${attempt}`}${extension}`;
}

/** The command that also puts records right where a small change explains all that is wrong with them. */
export function mendCommand(path: string): string {
  const { stem, extension } = partsOf(path);
  return commandText('statelog', 'repair', path, '--mend', '--into', `${stem}-mended${extension}`);
}

/** The hint about damage that `repair --mend` undoes, which `repair` leaves out: the command that brings more stands first. */
export function mendHint(path: string): string {
  const mend = runOn(path, mendCommand);
  return `${mend} to bring every good record to a new place, and what one change puts right of this; or, to leave that out, ${repairCommandOn(path)}`;
}

/** A name for a store that is made of a log. */
function storeFor(path: string): string {
  return `${partsOf(path).stem}-store`;
}

function partsOf(path: string): { readonly stem: string; readonly extension: string } {
  const name = path.replace(/\/+$/, '');
  const extension = EXTENSION.exec(name)?.[0] ?? '';
  return { stem: name.slice(0, name.length - extension.length), extension };
}

function quoted(word: string): string {
  return `'${word.replaceAll("'", String.raw`'\''`)}'`;
}
