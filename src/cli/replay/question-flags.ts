import { custom } from '@oclif/core/flags';
import { UNSIGNED_64_MAX, parseIntegerWithin } from '../values/integer-text.js';
import { parsePattern } from '../command/pattern.js';
import { usageError } from '../errors/usage-error.js';
import type { SequencePlace } from '../../engine/inspect/replay/replay-base.js';
import type { AroundArgument } from './replay-question.js';

const CORE_MAX = 0xffffn;

/** A flag of a place in a log: a byte, or a core and a sequence, `2:1041`. */
export const aroundFlag = custom<AroundArgument>({
  helpValue: 'BYTE|CORE:SEQUENCE',
  parse: (text) => {
    const around = text.includes(':') ? sequenceOf(text) : offsetOf(text);
    if (around !== undefined) return Promise.resolve(around);
    const message = `--around takes a byte of the file, or a core and a sequence such as 2:1041, not ${text}`;
    return Promise.reject(usageError(message));
  },
});

/** A flag of a core's record by its number, `2:1041`. */
export const sequenceFlag = custom<SequencePlace>({
  helpValue: 'CORE:SEQUENCE',
  parse: (text, _context, { name }) => {
    const place = sequenceOf(text);
    if (place !== undefined) return Promise.resolve(place);
    return Promise.reject(usageError(`--${name} takes a core and a sequence such as 2:1041, not ${text}`));
  },
});

/** A flag of a regular expression that is matched in linear time. */
export const patternFlag = custom<RegExp>({
  parse: (text, _context, { name }) => Promise.resolve(parsePattern(`--${name}`, text)),
});

function offsetOf(text: string): AroundArgument | undefined {
  const offset = parseIntegerWithin(text, 0n, BigInt(Number.MAX_SAFE_INTEGER));
  return offset === undefined ? undefined : { offset: Number(offset) };
}

function sequenceOf(text: string): SequencePlace | undefined {
  const [core = '', digits = '', ...more] = text.split(':');
  const coreId = parseIntegerWithin(core, 0n, CORE_MAX);
  const sequence = parseIntegerWithin(digits, 0n, UNSIGNED_64_MAX);
  if (coreId === undefined || sequence === undefined || more.length > 0) return undefined;
  return { coreId: Number(coreId), sequence };
}
