import { formatTime } from '../../../engine/bytes/text/time-text.js';
import type { LostChange, LostKey } from '../../../engine/repair/account/report.js';
import { encodeText, type Encoding } from '../../values/encoding.js';
import { countedText } from '../../text/counted-text.js';
import { cutText, markup, type Html } from '../page/html.js';
import type { PageRoom } from '../page/page-rooms.js';
import { rowOf, tableIn } from '../page/report-page.js';

const KEY_UNITS_MAX = 300;
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

  /** A heading, the counts and the rows; undefined where no key is lost. @param name of the path whose keys they are */
  part(name: string): Html | undefined {
    if (this.#count === 0) return undefined;
    const gone = this.#named - this.#fallen;
    const unnamed = this.#count - this.#named;
    const others = unnamed === 0 ? '' : ` ${countedText(unnamed, 'change')} of keys that cannot be read.`;
    const sums = `${countedText(this.#named, 'key')} by name: ${this.#fallen} with an older value in the place of the lost one, ${gone} with none.${others}`;
    const more = this.#count - this.#rows.length;
    const rest = more > 0 ? markup`<p>and ${more} more</p>` : undefined;
    const table = tableIn(`Lost keys of ${name}`, COLUMNS, this.#rows);
    return markup`<section><h3>Keys whose last change is lost</h3><p>${sums}</p>${table}${rest}</section>`;
  }
}

/** A key as a page shows it. */
export function keyText(key: Uint8Array, encoding: Encoding): string {
  const text = encodeText(key, encoding) ?? `base64 ${Buffer.from(key).toString('base64')}`;
  return cutText(text, KEY_UNITS_MAX);
}

function rowOfKey(lost: LostKey | LostChange, keyEncoding: Encoding): Html {
  const { op, file, offset, sequence, timestampNs } = lost;
  const time = timestampNs === undefined ? undefined : formatTime(timestampNs);
  const cells = [op, cutText(file, KEY_UNITS_MAX, true), offset, sequence?.toString(), time];
  if (!('key' in lost)) return rowOf('not readable', [...cells, '']);
  return rowOf(keyText(lost.key, keyEncoding), [...cells, insteadText(lost)]);
}

function insteadText({ fallsBack, older }: LostKey): string {
  if (!fallsBack) return 'nothing: no older value was kept';
  return older === undefined ? 'an older value' : `${older.bytes} bytes, blake3 ${older.digest}`;
}
