import type { Curve } from './frame/growth-plot.js';

/** What docs/performance.svg shows: the first is the one that the grey line, log n, starts from. */
export const GROWTH_CURVES: readonly Curve[] = [
  { name: 'growth-put-ascending', label: 'put, ascending', colour: '#1f77b4' },
  { name: 'growth-put-random', label: 'put, random order', colour: '#d62728' },
  { name: 'growth-get', label: 'get, random order', colour: '#2ca02c' },
  { name: 'growth-scan', label: 'scan, an entry', colour: '#9467bd' },
];
