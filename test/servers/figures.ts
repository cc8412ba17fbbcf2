/** True in `npm run test:servers -- --long`, which tries at full size what the usual run tries within minutes. */
export const isLong = process.env['STATELOG_SERVERS_LONG'] === '1';

/** The figure of the run at hand. */
export const figure = (usual: number, long: number): number => (isLong ? long : usual);
