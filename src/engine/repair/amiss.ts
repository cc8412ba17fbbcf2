import type { RepairEvent } from './account/report.js';

/** Whether a repair tells of anything that keeps other commands from reading all there is where it lies. */
export function isAmiss(event: RepairEvent): boolean {
  if ('progress' in event) return false;
  if (!('finding' in event)) return true;
  const { severity, class: kind } = event.finding;
  return severity !== 'notice' || kind === 'misplaced' || kind === 'foreign-bytes';
}
