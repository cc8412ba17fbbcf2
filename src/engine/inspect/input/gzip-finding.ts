import { repairHint } from '../../bytes/text/command-hints.js';
import type { Finding } from '../../finding.js';
import type { GunzipOutcome } from './gunzip.js';

/**
 * Says that a file or a stream is read through gzip, and how far.
 * @param size how long it is
 */
export function gzipFinding(
  path: string,
  what: 'file' | 'stream',
  size: number,
  { members, damage }: GunzipOutcome,
): Finding {
  const read = `the ${what} is compressed by gzip, and is read through`;
  const place = { class: 'foreign-bytes', file: path } as const;
  if (damage === undefined) {
    const pieces = members > 1 ? `: ${members} pieces, one behind the other` : '';
    return { ...place, severity: 'notice', offset: 0, bytes: size, message: `${read}${pieces}` };
  }
  const { reason, offset } = damage;
  const message = `${read} up to where it is damaged (${reason})`;
  // What comes through a pipe is not there any more.
  const hint = what === 'file' ? { hint: repairHint(path) } : {};
  return { ...place, severity: 'damage', offset, bytes: Math.max(0, size - offset), message, ...hint };
}
