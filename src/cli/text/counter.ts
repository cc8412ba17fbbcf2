import { fromUtf8 } from '../../engine/bytes/text/text.js';
import { StatelogError } from '../../engine/errors.js';
import { parseIntegerWithin, SIGNED_64_MAX, SIGNED_64_MIN } from '../values/integer-text.js';

const COUNT = /^[+-]?\d{1,20}$/;

/**
 * A count in decimal, with something added to it; a key that is not there counts from 0.
 * @throws StatelogError `NOT_REPRESENTABLE` for a value that is no count, `LIMIT_EXCEEDED` past 64 bits
 */
export function incremented(value: Uint8Array | undefined, by: bigint): string {
  const text = value === undefined ? '0' : fromUtf8(value);
  const isCount = text !== undefined && COUNT.test(text);
  const before = isCount ? parseIntegerWithin(text, SIGNED_64_MIN, SIGNED_64_MAX) : undefined;
  if (before === undefined) {
    throw new StatelogError(
      'NOT_REPRESENTABLE',
      'the value is not a number in decimal, so nothing can be added to it',
      {
        safe: 'nothing was written',
      },
    );
  }
  const after = before + by;
  if (after >= SIGNED_64_MIN && after <= SIGNED_64_MAX) return String(after);
  throw new StatelogError('LIMIT_EXCEEDED', 'the sum has more than 64 bits', { safe: 'nothing was written' });
}
