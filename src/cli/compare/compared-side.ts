import { STANDARD_INPUT_NAME } from '../../engine/bytes/text/command-hints.js';
import type { RepairEvent } from '../../engine/repair/account/report.js';
import type { ComparedSide } from '../../engine/repair/rest/compare-rests.js';
import type { ReadableStore } from '../../engine/store/store.js';
import { tellRepair } from '../output/repair/tell-repair.js';
import type { Terminal } from '../terminal/terminal.js';
import { openReadableInput } from '../command/readable.js';
import { isUrl } from '../values/url-text.js';

/** A path of a comparison, opened. */
export type OpenedSide = ComparedSide & { readonly store: ReadableStore };

/** How a path of a comparison is opened. */
export interface SideOptions {
  readonly at?: bigint | undefined;
  /** Given what is skipped; undefined where damage is an error. */
  readonly onSkipped?: ((event: Exclude<RepairEvent, { readonly progress: unknown }>) => void) | undefined;
}

/**
 * Opens a path of a comparison: as `openReadableInput` does, or, where damage is to be skipped, what still reads of it. What comes
 * through a pipe or over the network is never skipped through.
 * @throws StatelogError as `openReadableInput` and `openReadableRest`
 */
export async function openSide(
  path: string,
  terminal: Terminal,
  { at, onSkipped }: SideOptions,
): Promise<OpenedSide> {
  if (onSkipped !== undefined && path !== STANDARD_INPUT_NAME && !isUrl(path)) {
    const { openReadableRest } = await import('../../engine/repair/rest/readable-rest.js');
    const rest = await tellRepair(terminal, 'reading', openReadableRest(path), (event) => {
      onSkipped(event);
      return '';
    });
    if (rest !== undefined) return rest;
  }
  const store = await openReadableInput(path, terminal, { at });
  return { store, skipped: undefined, isLost: () => false };
}
