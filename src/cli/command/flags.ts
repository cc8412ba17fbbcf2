import { boolean, custom, string } from '@oclif/core/flags';
import { parseCursorText } from '../../engine/fold/format/position-text.js';
import { ENCODINGS, type Encoding, type Encodings } from '../values/encoding.js';
import { SIGNED_64_MAX, SIGNED_64_MIN, UNSIGNED_64_MAX, parseIntegerWithin } from '../values/integer-text.js';
import { parseSize } from '../values/size-text.js';
import { readTime } from '../values/time-argument.js';
import { usageError } from '../errors/usage-error.js';

const ENCODING_GROUP = 'ENCODING';

/** Flags of every command that takes or prints keys or values. `encodingsOf` reads them. */
export const encodingFlags = {
  encoding: encodingFlag('how keys and values are written (default: utf8)'),
  'key-encoding': encodingFlag('how keys are written (default: --encoding)'),
  'value-encoding': encodingFlag('how values are written (default: --encoding)'),
};

function encodingFlag(description: string) {
  return custom<Encoding>({ description, options: [...ENCODINGS], helpGroup: ENCODING_GROUP })();
}

/** The encodings that a command's parsed `encodingFlags` ask for. */
export function encodingsOf(flags: {
  readonly encoding?: Encoding | undefined;
  readonly 'key-encoding'?: Encoding | undefined;
  readonly 'value-encoding'?: Encoding | undefined;
}): Encodings {
  const both = flags.encoding ?? 'utf8';
  return { key: flags['key-encoding'] ?? both, value: flags['value-encoding'] ?? both };
}

/** A flag of an unsigned 64-bit number, decimal or 0x hex, never rounded: epochs, revisions. */
export const unsigned64Flag = custom<bigint>({
  helpValue: 'N',
  parse: (text, _context, { name }) =>
    accept(
      parseIntegerWithin(text, 0n, UNSIGNED_64_MAX),
      `--${name} takes a number from 0 to 2^64 - 1, decimal or 0x hex, not ${text}`,
    ),
});

/** A flag of a resume cursor, as `stat` prints it: a revision in decimal, or `0x` and the raw bytes in hex; the value is its bytes. */
export const cursorFlag = custom<Uint8Array>({
  helpValue: 'CURSOR',
  parse: (text, _context, { name }) =>
    accept(
      parseCursorText(text),
      `--${name} takes a revision from 0 to 2^64 - 1 in decimal, or 0x and the bytes of a cursor in hex (two digits each), not ${text}`,
    ),
});

/** A flag of a signed 64-bit number. */
export const signed64Flag = custom<bigint>({
  helpValue: 'N',
  parse: (text, _context, { name }) =>
    accept(
      parseIntegerWithin(text, SIGNED_64_MIN, SIGNED_64_MAX),
      `--${name} takes a number from -2^63 to 2^63 - 1, decimal or 0x hex, not ${text}`,
    ),
});

/** Limits of a `countFlag`. */
interface CountLimits extends Record<string, unknown> {
  /** Default 0. */
  readonly least?: number;
  /** Default 2^53 - 1. */
  readonly greatest?: number;
}

/** A flag of a number small enough to count with. */
export const countFlag = custom<number, CountLimits>({
  helpValue: 'N',
  parse: (text, _context, { name, least = 0, greatest = Number.MAX_SAFE_INTEGER }) => {
    const value = parseIntegerWithin(text, BigInt(least), BigInt(greatest));
    return accept(
      value === undefined ? undefined : Number(value),
      `--${name} takes a number from ${least} to ${greatest}, decimal or 0x hex, not ${text}`,
    );
  },
});

/** A moment that a flag names. */
export interface MomentArgument {
  /** Nanoseconds since the Unix epoch. */
  readonly timeNs: bigint;
  /** True where this host's clock or time zone decided which moment it is. */
  readonly isOfHere: boolean;
}

/** A flag of a moment: before now, local, RFC 3339, or a number since 1970 (time-argument.ts). */
export const timeFlag = custom<MomentArgument>({
  helpValue: 'TIME',
  parse: (text, _context, { name }) => {
    const reading = readTime(text, Date.now());
    if ('timeNs' in reading) return Promise.resolve(reading);
    return Promise.reject(usageError(`--${name} ${text}: ${reading.refusal}; write ${reading.examples}`));
  },
});

/** A flag of a size in bytes, `64KiB` and the like. */
export const sizeFlag = custom<number>({
  helpValue: 'BYTES',
  parse: (text, _context, { name }) =>
    accept(parseSize(text), `--${name} takes a number of bytes, such as 4096, 64KiB or 1GiB, not ${text}`),
});

/** A flag of seconds, with a fraction where that is wanted; the value is milliseconds. */
export const secondsFlag = custom<number>({
  helpValue: 'SECONDS',
  parse: (text, _context, { name, env }) =>
    accept(
      /^\d{1,9}(\.\d{1,9})?$/.test(text) ? Number(text) * 1_000 : undefined,
      `${nameOf(name, env, text)} takes seconds, such as 5 or 0.5, not ${text}`,
    ),
});

/**
 * The name of the flag or the variable that a value came by: a variable stands in for a flag that is not
 * given.
 */
function nameOf(flag: string, variable: string | undefined, text: string): string {
  return variable !== undefined && process.env[variable] === text ? `the variable ${variable}` : `--${flag}`;
}

/** A flag of bytes or of a path, as text: what it holds is told by its encoding, after parsing. */
export const textFlag = string;

/** Which keys, for every command that goes through them in order. `rangeOf` reads them (key-range.ts). */
export const boundFlags = {
  prefix: textFlag({ description: 'only keys that start with it', helpValue: 'P' }),
  from: textFlag({ description: 'only this key and greater ones', helpValue: 'A' }),
  after: textFlag({ description: 'only greater keys', helpValue: 'A' }),
  to: textFlag({ description: 'only lesser keys', helpValue: 'B' }),
};

/** The flag of every command that may write a fold log's values. */
export const largeValuesFlag = {
  'large-values': boolean({
    description: 'let a fold log take values of 16 to 64 MiB, which Slipstream reads since 0.8.3',
    helpGroup: 'FOLD LOG',
  }),
};

/** The flag of every command that may write a fold log's content into a kind of store that holds less. */
export const dropRevisionsFlag = {
  'drop-revisions': boolean({
    description: 'let revisions and cursors be lost, where the target keeps none',
  }),
};

/** Flags of every command that brings a whole store into another kind. */
export const dropFlags = {
  ...dropRevisionsFlag,
  'drop-cursor': boolean({ description: 'let the cursor be lost, where the target keeps none' }),
  'drop-sources': boolean({
    description: 'let what is known of sources, and the watermark, be lost, where the target keeps none',
  }),
};

/** The losses that a command's parsed `dropFlags` allow. */
export function lossesOf(flags: {
  readonly 'drop-revisions': boolean;
  readonly 'drop-cursor': boolean;
  readonly 'drop-sources': boolean;
}): { readonly dropRevisions: boolean; readonly dropCursor: boolean; readonly dropSources: boolean } {
  return {
    dropRevisions: flags['drop-revisions'],
    dropCursor: flags['drop-cursor'],
    dropSources: flags['drop-sources'],
  };
}

/** Flags of every command that locks a store. */
export const lockFlags = {
  wait: secondsFlag({
    description: 'how long to wait for the lock',
    env: 'STATELOG_WAIT',
    default: 0,
    defaultHelp: () => Promise.resolve('0'),
  }),
};

/** The flag of every command that keeps its store for as long as input comes. */
export const idleFlag = (helpGroup?: string) => ({
  idle: secondsFlag({
    description: 'let go of the lock when nothing came for so long',
    default: 1_000,
    defaultHelp: () => Promise.resolve('1'),
    ...(helpGroup === undefined ? {} : { helpGroup }),
  }),
});

/** The flag of every command that says something where it succeeds. */
export const quietFlag = {
  quiet: boolean({ char: 'q', description: 'say nothing where it succeeds' }),
};

/** How much the recovery of a store that is opened for writing may cut. */
export const recoveryFlags = {
  'max-loss': sizeFlag({
    description: 'how much of an unfinished last write may be cut; default 1 MiB, or one record',
  }),
};

/** The options for opening a store for writing, from `lockFlags` and `recoveryFlags`. */
export function openingOf(flags: { readonly wait: number; readonly 'max-loss': number | undefined }): {
  readonly waitMs: number;
  readonly lossBytesMax: number | undefined;
} {
  return { waitMs: flags.wait, lossBytesMax: flags['max-loss'] };
}

function accept<Value>(value: Value | undefined, message: string): Promise<Value> {
  return value === undefined ? Promise.reject(usageError(message)) : Promise.resolve(value);
}

/** The flag of every command whose output may be longer than a screen. */
export const pagerFlags = {
  'no-pager': boolean({
    description: 'on a terminal, print what is longer than the screen without a pager',
    helpGroup: 'GLOBAL',
  }),
};
