/** Characters that take two columns: East Asian wide and full-width ones, and emoji (Unicode Standard Annex 11, in blocks). */
const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1f64f}\u{1f680}-\u{1f6ff}\u{1f900}-\u{1f9ff}\u{20000}-\u{3fffd}]/u;
/** Characters that are drawn over the one before, and take no column. */
const OVER = /[\p{Mn}\p{Me}\u200b-\u200d\ufe00-\ufe0f]/u;
const CUT_MARK = '…';

/** Columns that a text without control characters takes on a screen. */
export function displayWidth(text: string): number {
  let width = 0;
  for (const character of text) width += widthOf(character);
  return width;
}

/** The start of a text, with a mark where it was cut, in no more than so many columns. */
export function cutTo(columns: number, text: string): string {
  return cut(
    columns,
    text,
    (rest) => rest,
    (kept) => `${kept.join('')}${CUT_MARK}`,
  );
}

/** The end of a text, with a mark where it was cut, in no more than so many columns: of a path it says most. */
export function cutFromEnd(columns: number, text: string): string {
  return cut(
    columns,
    text,
    (rest) => rest.reverse(),
    (kept) => `${CUT_MARK}${kept.reverse().join('')}`,
  );
}

function cut(
  columns: number,
  text: string,
  inOrder: (characters: string[]) => string[],
  marked: (kept: string[]) => string,
): string {
  if (displayWidth(text) <= columns) return text;
  const kept: string[] = [];
  let room = columns - displayWidth(CUT_MARK);
  for (const character of inOrder(Array.from(text))) {
    room -= widthOf(character);
    if (room < 0) break;
    kept.push(character);
  }
  return marked(kept);
}

function widthOf(character: string): number {
  if (OVER.test(character)) return 0;
  return WIDE.test(character) ? 2 : 1;
}
