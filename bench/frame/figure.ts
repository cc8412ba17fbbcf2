import type { ProfileLine } from './profile.js';

/** Whose figure it is: ours, the originals', a peer's, or what bounds us all. */
export const SIDES = [
  'statelog',
  'original',
  'lmdb',
  'classic-level',
  'better-sqlite3',
  'bare disk',
  'cp',
  'cp, synced',
  'bare node',
  'sqlite3',
] as const;
export type Side = (typeof SIDES)[number];

/** Of `MB/s` and `million/s` more is better, of the others less. A megabyte is 1,000,000 bytes. */
export type Unit = 'ns' | 'ms' | 'MB/s' | 'million/s' | 'bytes' | 'MiB';

/** What is measured. */
export interface FigureDefinition {
  /** Within its topic, and the same at each scale: `get-many`. */
  readonly id: string;
  readonly title: string;
  readonly unit: Unit;
  /** What the originals' own bench calls the same thing, and with how many keys (default: the scale's). */
  readonly original?: { readonly name: string; readonly keys?: number } | undefined;
}

/** What was measured of one side. */
export interface Figure extends FigureDefinition {
  readonly topic: string;
  readonly side: Side;
  /** One a round, in the order of the rounds. */
  readonly samples: readonly number[];
  /** What takes ours its time, where that was asked for. */
  readonly profile?: readonly ProfileLine[] | undefined;
}

/** What many samples come to. */
export interface Summary {
  readonly median: number;
  /** The best: least, or greatest for a rate. */
  readonly best: number;
  readonly least: number;
  readonly greatest: number;
  /** From the least to the greatest, as a share of the median. */
  readonly spread: number;
}

/** True where more is better. */
export function isRate(unit: Unit): boolean {
  return unit === 'MB/s' || unit === 'million/s';
}

/** Sums up at least one sample. */
export function summaryOf({ samples, unit }: Pick<Figure, 'samples' | 'unit'>): Summary {
  const sorted = samples.toSorted((a, b) => a - b);
  const least = sorted[0]!;
  const greatest = sorted.at(-1)!;
  const middle = sorted.length >> 1;
  const median = sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
  return {
    median,
    best: isRate(unit) ? greatest : least,
    least,
    greatest,
    spread: (greatest - least) / median,
  };
}
