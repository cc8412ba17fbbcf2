import { formatTime } from '../../../engine/bytes/text/time-text.js';
import type { LostKey } from '../../../engine/repair/account/report.js';
import { encodeText, type Encoding } from '../../command/encoding.js';
import { countedText } from '../../text/counted-text.js';
import { redactedText } from '../../text/redaction.js';
import { cutText, markup, type Html } from '../page/html.js';
import type { PageRoom } from '../page/page-rooms.js';
import { rowOf, tableIn } from '../page/report-page.js';

const KEY_UNITS_MAX = 300;
const COLUMNS = ['Key', 'Lost change', 'File', 'Byte', 'Sequence', 'Time', 'In its place'];

/** How keys are shown. */
export interface KeyForm {
  readonly keyEncoding: Encoding;
  /** Leaves out bytes that may be of a value. */
  readonly redact: boolean;
}

/** Keys whose last change is lost, and what stands in the place of it: as many rows as have room, and all of their counts. */
export class LostKeyList {
  readonly #room: PageRoom;
  readonly #form: KeyForm;
  readonly #rows: Html[] = [];
  #count = 0;
  #fallen = 0;

  constructor(room: PageRoom, form: KeyForm) {
    this.#room = room;
    this.#form = form;
  }

  add(lost: LostKey): void {
    this.#count += 1;
    if (lost.fallsBack) this.#fallen += 1;
    if (!this.#room.isOpen) this.#room.leave();
    else {
      const row = rowOfKey(lost, this.#form);
      if (this.#room.take(row)) this.#rows.push(row);
    }
  }

  /** A heading, the counts and the rows; undefined where no key is lost. @param id of the heading, in the page */
  part(id: string): Html | undefined {
    if (this.#count === 0) return undefined;
    const gone = this.#count - this.#fallen;
    const sums = `${countedText(this.#count, 'key')} by name: ${this.#fallen} with an older value in the place of the lost one, ${gone} with none.`;
    const more = this.#count - this.#rows.length;
    const rest = more > 0 ? markup`<p>and ${more} more</p>` : undefined;
    const table = tableIn('Lost keys', COLUMNS, this.#rows);
    return markup`<section aria-labelledby="${id}"><h3 id="${id}">Keys whose last change is lost</h3><p>${sums}</p>${table}${rest}</section>`;
  }
}

/** A key as a page shows it. */
export function keyText(key: Uint8Array, encoding: Encoding): string {
  const text = encodeText(key, encoding) ?? `base64 ${Buffer.from(key).toString('base64')}`;
  return cutText(text, KEY_UNITS_MAX);
}

function rowOfKey(lost: LostKey, { keyEncoding, redact }: KeyForm): Html {
  const { key, op, file, offset, fallsBack, sequence, timestampNs, older } = lost;
  // A name that is not certain may be bytes of a value.
  const name = redact && !fallsBack ? `a key of ${redactedText(key)}` : keyText(key, keyEncoding);
  const time = timestampNs === undefined ? undefined : formatTime(timestampNs);
  const value = older === undefined ? 'an older value' : `${older.bytes} bytes, blake3 ${older.digest}`;
  const cells = [op, cutText(file, KEY_UNITS_MAX, true), offset, sequence?.toString(), time];
  return rowOf(name, [...cells, fallsBack ? value : 'nothing']);
}
