import { parseInteger } from './integer-text.js';

/** Bytes for each suffix. K, M, G without `iB` mean the same: nobody means 1,000 here. */
const SUFFIXES: ReadonlyMap<string, bigint> = new Map([
  ['', 1n],
  ['b', 1n],
  ...['k', 'm', 'g', 't'].flatMap((letter, power): [string, bigint][] => {
    const bytes = 1024n ** BigInt(power + 1);
    return [
      [letter, bytes],
      [`${letter}ib`, bytes],
    ];
  }),
]);

const SIZE = /^(0[xX][0-9a-fA-F]+|[0-9]+) ?([a-zA-Z]*)$/;

/** A number of bytes from `4096`, `0x1000`, `64KiB`, `1G`; undefined if it is none or past 2^53. */
export function parseSize(text: string): number | undefined {
  const [, digits, suffix] = SIZE.exec(text) ?? [];
  const unit = SUFFIXES.get((suffix ?? '').toLowerCase());
  const count = digits === undefined ? undefined : parseInteger(digits);
  if (count === undefined || unit === undefined) return undefined;
  const bytes = count * unit;
  return bytes > BigInt(Number.MAX_SAFE_INTEGER) ? undefined : Number(bytes);
}

const UNITS = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB'] as const;

/** A number of bytes for people: three digits at least, and the unit. */
export function formatSize(bytes: number): string {
  let power = 0;
  let amount = bytes;
  while (amount >= 1024 && power < UNITS.length - 1) {
    amount /= 1024;
    power += 1;
  }
  return `${power === 0 ? String(amount) : amount.toFixed(1)} ${UNITS[power]!}`;
}
