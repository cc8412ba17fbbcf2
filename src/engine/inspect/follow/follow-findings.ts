import type { Finding } from '../../finding.js';

/** The finding for records that were there, and were removed before they were read. */
export function removedUnread(
  file: string,
  offset: number,
  coreId: number,
  due: bigint,
  found: bigint,
): Finding {
  return {
    severity: 'damage',
    class: 'sequence-gap',
    file,
    offset,
    bytes: 0,
    message: `${found - due} records were removed before they could be read`,
    hint: `'statelog scan' shows what they came to; 'statelog checkpoint --keep N' keeps more logs`,
    expected: String(due),
    found: String(found),
    coreId,
  };
}
