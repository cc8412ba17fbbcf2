import { markup, type Html } from '../page/html.js';
import { rowOf, tableIn } from '../page/report-page.js';
import type { RestOutcome } from '../../../engine/repair/rest/compare-rests.js';

/** Columns at the most; where there are more keys, each is of twice as many. */
const COLUMNS_MAX = 120;
const COLUMN_WIDTH = 8;
const HEIGHT = 60;
/** From the bottom of a column to its top; what is the same is left white. */
const STACKED = ['changed', 'added', 'removed', 'unknown'] as const;

type Counts = Record<RestOutcome, number>;

/** Compared keys in key order, counted in columns of equally many. Memory is bounded. */
export class DifferenceColumns {
  #keysPerColumn = 1;
  #columns: Counts[] = [];
  #keys = 0;

  take(outcome: RestOutcome): void {
    let column = Math.floor(this.#keys / this.#keysPerColumn);
    if (column >= COLUMNS_MAX) {
      this.#halve();
      column = Math.floor(this.#keys / this.#keysPerColumn);
    }
    this.#keys += 1;
    const counts = (this.#columns[column] ??= { added: 0, removed: 0, changed: 0, unknown: 0, same: 0 });
    counts[outcome] += 1;
  }

  /** A picture, and the counts as a table, folded; a sentence where all is the same; undefined where nothing was compared. */
  part(): Html | undefined {
    if (this.#keys === 0) return undefined;
    if (this.#columns.every((column) => STACKED.every((outcome) => column[outcome] === 0)))
      return markup`<p>${this.#keys === 1 ? 'The one key is the same.' : `All ${this.#keys} keys are the same.`}</p>`;
    const size = `${this.#columns.length * COLUMN_WIDTH} ${HEIGHT}`;
    const shapes = STACKED.map((outcome) => this.#shapesOf(outcome));
    const unit = this.#keysPerColumn === 1 ? 'one key' : `${this.#keysPerColumn} keys`;
    const picture = markup`<svg role="img" aria-labelledby="columns-t" viewBox="0 0 ${size}" style="max-width:${size.split(' ')[0]}px" ><title id="columns-t">Differences in key order; the table below has the same</title><path class="frame" d="M0 0h${size.split(' ')[0]}v${HEIGHT}H0z" />${shapes}</svg>`;
    const legend = STACKED.map(
      (outcome) =>
        markup`<li><svg viewBox="0 0 16 12" aria-hidden="true"><path class="d-${outcome}" d="M0 0h16v12h-16z" /></svg> ${outcome}</li>`,
    );
    const rows = this.#columns.map((counts, column) =>
      rowOf(
        column * this.#keysPerColumn + 1,
        [...STACKED, 'same' as const].map((outcome) => counts[outcome]),
      ),
    );
    const table = tableIn('Differences by place', ['From key', ...STACKED, 'same'], rows);
    return markup`<figure>${picture}<figcaption>All ${this.#keys} keys in key order, from left to right; a column is ${unit}, and filled as far as they differ.</figcaption></figure><ul class="legend">${legend}</ul><details><summary>Counts by columns of ${unit}</summary>${table}</details>`;
  }

  #shapesOf(outcome: (typeof STACKED)[number]): Html {
    const below = STACKED.slice(0, STACKED.indexOf(outcome));
    const shapes = this.#columns.flatMap((counts, column) => {
      if (counts[outcome] === 0) return [];
      const start = below.reduce((sum, one) => sum + counts[one], 0);
      // A single key is to be seen, too.
      const height = Math.max(1, this.#heightOf(counts[outcome]));
      const y = Math.max(0, HEIGHT - this.#heightOf(start) - height);
      return [`M${column * COLUMN_WIDTH} ${y}h${COLUMN_WIDTH}v${height}h-${COLUMN_WIDTH}z`];
    });
    return markup`<path class="d-${outcome}" d="${shapes.join('')}" />`;
  }

  #heightOf(keys: number): number {
    return Math.round((keys * HEIGHT) / this.#keysPerColumn);
  }

  #halve(): void {
    this.#keysPerColumn *= 2;
    this.#columns = this.#columns.flatMap((counts, column) => {
      if (column % 2 === 1) return [];
      const next = this.#columns[column + 1];
      return [next === undefined ? counts : summed(counts, next)];
    });
  }
}

function summed(one: Counts, other: Counts): Counts {
  const sums = { ...one };
  for (const outcome of [...STACKED, 'same'] as const) sums[outcome] += other[outcome];
  return sums;
}
