import { formatTime } from '../../../engine/bytes/text/time-text.js';
import type { LostChange, LostKey } from '../../../engine/repair/account/report.js';
import { encodeText, type Encoding } from '../../values/encoding.js';
import { countedText } from '../../text/counted-text.js';
import { cutText, markup, type Html } from '../page/html.js';
import type { PageRoom } from '../page/page-rooms.js';
import { breakable, onOneLine, rowOf, section, tableIn } from '../page/report-page.js';

const KEY_UNITS_MAX = 300;
/** More rows than these are folded: what follows them in a page is to be found. */
const ROWS_OPEN_MAX = 24;
/** A key of no bytes, which would look as if nothing stood there. */
const EMPTY_KEY = '(the empty key)';
const NONE = '–';
const HEADING = 'Keys whose last change is lost';
const COLUMNS = ['Key', 'Lost change', 'File', 'Byte', 'Sequence', 'Time', 'In its place'];

/**
 * Keys whose last change is lost, and what stands in the place of it, and lost changes of keys that are not known: as many rows as
 * have room, and all of their counts.
 */
export class LostKeyList {
  readonly #room: PageRoom;
  readonly #keyEncoding: Encoding;
  readonly #rows: Html[] = [];
  #count = 0;
  #named = 0;
  #fallen = 0;

  constructor(room: PageRoom, keyEncoding: Encoding) {
    this.#room = room;
    this.#keyEncoding = keyEncoding;
  }

  /** Takes a lost change: with its key, where that is known. */
  add(lost: LostKey | LostChange): void {
    this.#count += 1;
    if ('key' in lost) this.#named += 1;
    if ('key' in lost && lost.fallsBack) this.#fallen += 1;
    if (!this.#room.isOpen) this.#room.leave();
    else {
      const row = rowOfKey(lost, this.#keyEncoding);
      if (this.#room.take(row)) this.#rows.push(row);
    }
  }

  /** The counts and the rows as a part of the section of a path; undefined where no key is lost. @param name of the path */
  inPath(name: string): Html | undefined {
    if (this.#count === 0) return undefined;
    return markup`<section><h3>${HEADING}</h3>${this.#content(name)}</section>`;
  }

  /** The counts and the rows as a section of a page; undefined where no key is lost. @param name of the path whose keys they are */
  byItself(name: string): Html | undefined {
    return this.#count === 0 ? undefined : section('lost', HEADING, this.#content(name));
  }

  #content(name: string): Html {
    const gone = this.#named - this.#fallen;
    const unnamed = this.#count - this.#named;
    const named = `${countedText(this.#named, 'key')} by name: ${this.#fallen} with an older value in the place of the lost one, ${gone} with none.`;
    const others = `${countedText(unnamed, 'change')} of keys that cannot be read.`;
    const sums = [...(this.#named === 0 ? [] : [named]), ...(unnamed === 0 ? [] : [others])].join(' ');
    const more = this.#count - this.#rows.length;
    const rest = more > 0 ? markup`<p>and ${more} more</p>` : undefined;
    const table = tableIn(`Lost keys of ${name}`, COLUMNS, this.#rows);
    const rows = markup`${table}${rest}`;
    const shown =
      this.#rows.length <= ROWS_OPEN_MAX
        ? rows
        : markup`<details><summary>The keys, and what stands in their place</summary>${rows}</details>`;
    return markup`<p>${sums}</p>${shown}`;
  }
}

/** A key as a page shows it. */
export function keyText(key: Uint8Array, encoding: Encoding): string {
  const text = encodeText(key, encoding) ?? `base64 ${Buffer.from(key).toString('base64')}`;
  return key.length === 0 ? EMPTY_KEY : cutText(text, KEY_UNITS_MAX);
}

function rowOfKey(lost: LostKey | LostChange, keyEncoding: Encoding): Html {
  const { op, file, offset, sequence, timestampNs } = lost;
  const time = timestampNs === undefined ? NONE : onOneLine(formatTime(timestampNs));
  const name = breakable(cutText(file, KEY_UNITS_MAX, true));
  const cells = [op, name, offset, sequence?.toString() ?? NONE, time];
  if (!('key' in lost)) return rowOf('not readable', [...cells, NONE]);
  return rowOf(keyText(lost.key, keyEncoding), [...cells, breakable(insteadText(lost))]);
}

function insteadText({ fallsBack, older }: LostKey): string {
  if (!fallsBack) return 'nothing: no older value was kept';
  return older === undefined ? 'an older value' : `${older.bytes} bytes, blake3 ${older.digest}`;
}
