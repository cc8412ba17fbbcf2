import { isStatelogError, type ErrorCode } from '../../errors.js';

/** A value that was read, or the reason why it could not be. */
export type Attempt<Value> = { readonly value: Value } | { readonly problem: string };

/**
 * Reads what may not be readable.
 * @param codes errors that are a problem of what is read; all others are thrown. Default: all of ours but defects
 */
export function attempt<Value>(read: () => Value, codes?: readonly ErrorCode[]): Attempt<Value> {
  try {
    return { value: read() };
  } catch (error) {
    if (!isStatelogError(error) || error.code === 'INTERNAL') throw error;
    if (codes !== undefined && !codes.includes(error.code)) throw error;
    const { path, offset } = error.details;
    const where = path === undefined || error.message.includes(path) ? '' : `: ${path}`;
    return { problem: `${error.message}${where}${offset === undefined ? '' : `, byte ${offset}`}` };
  }
}

/** The problem of something that may have one. */
export function problemOf({ problem }: { readonly problem?: string | undefined }): string | undefined {
  return problem;
}
