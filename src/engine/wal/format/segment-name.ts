const PATTERN = /^wal-(0|[1-9][0-9]{0,4})\.log$/;
const CORE_ID_MAX = 0xffff;

/** The name of a core's segment: `wal-0.log`. */
export function segmentName(coreId: number): string {
  return `wal-${coreId}.log`;
}

/** The core that a segment is named after; undefined where the name is none of a segment. */
export function coreIdOfSegmentName(name: string): number | undefined {
  const digits = PATTERN.exec(name)?.[1];
  if (digits === undefined) return undefined;
  const coreId = Number(digits);
  return coreId <= CORE_ID_MAX ? coreId : undefined;
}
