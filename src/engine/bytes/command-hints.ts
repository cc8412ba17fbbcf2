/** What a shell takes for one word as it stands. */
const PLAIN_WORD = /^[\w@%+=:,./-]+$/;
/** A name's ending that says what is in the file. */
const EXTENSION = /\.(snap|db|log|tar)$/;

/** A command line to be run as it stands: in quotes, or with the words quoted that need it. */
export function commandText(...words: readonly string[]): string {
  if (words.every((word) => PLAIN_WORD.test(word))) return `'${words.join(' ')}'`;
  return words.map((word) => (PLAIN_WORD.test(word) ? word : quoted(word))).join(' ');
}

/** What to run to see all that is damaged. */
export function verifyHint(path: string): string {
  return `run ${commandText('statelog', 'verify', path)} to see all that is damaged`;
}

/** What to run to get out of something damaged what is good in it. */
export function repairHint(path: string): string {
  const command = commandText('statelog', 'repair', path, '--into', newPlaceFor(path));
  return `run ${command} to bring every good record to a new place`;
}

/** What to run to have an unfinished last write cut. */
export function cutHint(path: string): string {
  return `run ${commandText('statelog', 'repair', path)} to copy it aside and cut it`;
}

/** A name for what is made of something damaged. */
function newPlaceFor(path: string): string {
  const name = path.replace(/\/+$/, '');
  const extension = EXTENSION.exec(name)?.[0] ?? '';
  return `${name.slice(0, name.length - extension.length)}-repaired${extension}`;
}

function quoted(word: string): string {
  return `'${word.replaceAll("'", String.raw`'\''`)}'`;
}
