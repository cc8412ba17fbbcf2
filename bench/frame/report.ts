import { type Figure, SIDES, type Side, summaryOf } from './figure.js';
import type { Change } from './changes.js';
import type { Outcome } from './judge.js';

const SIGNIFICANT_BELOW = 100;

/** A number as people read it: three figures below a hundred, whole above, with commas. */
export function numberText(value: number): string {
  if (Math.abs(value) >= SIGNIFICANT_BELOW) return Math.round(value).toLocaleString('en');
  return String(Number(value.toPrecision(value < 0.1 ? 2 : 3)));
}

/** A topic's figures: a row each, a column for each side; the median, and from the least to the greatest. */
export function topicTable(title: string, figures: readonly Figure[], notes: readonly string[]): string {
  const sides = SIDES.filter((side) => figures.some((figure) => figure.side === side));
  const ids = [...new Set(figures.map(({ id }) => id))];
  const rows = ids.map((id) => {
    const ofId = figures.filter((figure) => figure.id === id);
    return [ofId[0]!.title, ofId[0]!.unit, ...sides.map((side) => cell(ofId, side))];
  });
  return [`\n${title}`, ...aligned([['', '', ...sides], ...rows]), ...notes.map((note) => `  ${note}`)].join(
    '\n',
  );
}

function cell(figures: readonly Figure[], side: Side): string {
  const figure = figures.find((candidate) => candidate.side === side);
  if (figure === undefined) return '';
  const { median, least, greatest } = summaryOf(figure);
  if (least === greatest) return numberText(median);
  return `${numberText(median)} (${numberText(least)}–${numberText(greatest)})`;
}

/** All goals: what is to be reached, what was, and whether that is enough. */
export function goalsTable(title: string, outcomes: readonly Outcome[]): string {
  const rows = outcomes.map((outcome) => [
    outcome.row,
    outcome.part,
    limitText(outcome),
    outcome.reached === undefined ? '' : numberText(outcome.reached),
    outcome.why === undefined ? outcome.verdict : `${outcome.verdict}: ${outcome.why}`,
    figuresText(outcome),
  ]);
  const shown = rows.map((row, index) => (row[0] === rows[index - 1]?.[0] ? ['', ...row.slice(1)] : row));
  const count = (verdict: Outcome['verdict']): number =>
    outcomes.filter((outcome) => outcome.verdict === verdict).length;
  const sum = `${count('met')} met, ${count('unsteady')} unsteady, ${count('not met')} not met, ${count('not measured')} not measured`;
  return [`\n${title}`, ...aligned([['', '', 'goal', 'reached', '', ''], ...shown], [2, 3]), `\n${sum}`].join(
    '\n',
  );
}

/** What became slower or faster since an earlier run. */
export function changesTable(title: string, changes: readonly Change[]): string {
  const rows = changes.map(({ topic, title: what, unit, before, now, slower, isClear }) => [
    `${topic}: ${what}`,
    `${numberText(before)} → ${numberText(now)} ${unit}`,
    `${numberText(slower)} ×`,
    isClear ? '' : 'the rounds of both runs overlap',
  ]);
  const head = ['', 'before and now', 'as long as before', ''];
  const lines = rows.length === 0 ? ['  nothing by 5 % or more'] : aligned([head, ...rows], [1, 2]);
  return [`\n${title}`, ...lines].join('\n');
}

/** `≤ 0.5 × original`, `≥ 500 MB/s`. */
export function limitText({ sense, limit, against, unit }: Outcome): string {
  const sign = sense === 'at most' ? '≤' : '≥';
  return `${sign} ${numberText(limit)} ${against === undefined ? (unit ?? '') : `× ${against.side}`}`.trim();
}

function figuresText({ ours, theirs, unit }: Outcome): string {
  if (ours === undefined || theirs === undefined) return '';
  return `${numberText(ours)} : ${numberText(theirs)} ${unit ?? ''}`;
}

/** Columns of equal width, but for the last; those named stand to the right, by default all but two. */
function aligned(rows: readonly (readonly string[])[], toTheRight?: readonly number[]): string[] {
  const columns = rows[0]!.length;
  const widths = Array.from({ length: columns }, (_, column) =>
    Math.max(...rows.map((row) => row[column]!.length)),
  );
  const isRight = (column: number): boolean => toTheRight?.includes(column) ?? column > 1;
  return rows.map((row) =>
    `  ${row.map((text, column) => (isRight(column) ? text.padStart(widths[column]!) : text.padEnd(widths[column]!))).join('  ')}`.trimEnd(),
  );
}
