import { visibleText } from '../../terminal/shown/visible-text.js';

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};
/** Characters without width, and halves of pairs: they hide in a name, too. */
const HIDDEN = /[\p{Cf}\p{Cs}\p{Co}\p{Cn}]/gu;

/** A piece of a page whose every `<` is meant. Only `markup` and `joined` make one. */
export class Html {
  /** The piece as it stands in the page. */
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  /** Its size in the page, as UTF-8. */
  get bytes(): number {
    return Buffer.byteLength(this.text);
  }
}

/** Values that `markup` takes: pieces stand as they are, all else is escaped, and nothing is made of undefined. */
export type HtmlValue = Html | readonly Html[] | string | number | undefined;

/** A piece of a page: text in it, whatever it holds, is shown as text. */
export function markup(parts: TemplateStringsArray, ...values: readonly HtmlValue[]): Html {
  return new Html(parts.reduce((text, part, index) => text + textOf(values[index - 1]) + part));
}

/** Pieces one after the other. */
export function joined(pieces: readonly Html[]): Html {
  return new Html(pieces.map((piece) => piece.text).join(''));
}

/** Text as a page may hold it, in an element or a quoted attribute: nothing in it is markup, turns text round or hides. */
export function escapedText(text: string): string {
  return visibleText(text)
    .replace(HIDDEN, (character) => `\\u${character.codePointAt(0)!.toString(16).padStart(4, '0')}`)
    .replace(/[&<>"']/g, (character) => ENTITIES[character]!);
}

/** Text of no more than so many UTF-16 units; the end of it where `keepEnd` is set, and else its start. */
export function cutText(text: string, unitsMax: number, keepEnd = false): string {
  if (text.length <= unitsMax) return text;
  return keepEnd ? `…${text.slice(-unitsMax)}` : `${text.slice(0, unitsMax)}…`;
}

function textOf(value: HtmlValue): string {
  if (value === undefined) return '';
  if (value instanceof Html) return value.text;
  return typeof value === 'object' ? joined(value).text : escapedText(String(value));
}
