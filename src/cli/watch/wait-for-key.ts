import { equalBytes } from '../../engine/bytes/compare.js';
import type { Finding } from '../../engine/finding.js';
import { Turns } from '../replay/replay-run.js';
import { WatchedChanges } from './watched-changes.js';

/** The longest time that a timer can be set to. */
const TIMER_MS_MAX = 0x7fff_ffff;

/** A key, and how long it is waited for. */
export interface AwaitedKey {
  readonly key: Uint8Array;
  /** Undefined: any. */
  readonly value: Uint8Array | undefined;
  /** Undefined: as long as it takes. */
  readonly timeoutMs: number | undefined;
  readonly notice: (finding: Finding) => void;
}

/**
 * Waits until a key is there, with a value: from now on it is enough if it has it for a moment.
 * @returns false when the time is up
 * @throws StatelogError as `StoreWatch`
 */
export async function waitForKey(path: string, awaited: AwaitedKey): Promise<boolean> {
  const { key, timeoutMs } = awaited;
  const range = { from: key, to: Uint8Array.of(...key, 0) };
  const changes = await WatchedChanges.open(path, { range, withContent: true });
  let isTimeUp = false;
  const end = (): void => {
    isTimeUp = true;
    changes.wake();
  };
  const timer = timeoutMs === undefined ? undefined : setTimeout(end, Math.min(timeoutMs, TIMER_MS_MAX));
  try {
    return await isReached(changes, awaited, () => isTimeUp);
  } finally {
    clearTimeout(timer);
    changes.close();
  }
}

async function isReached(
  changes: WatchedChanges,
  { value, notice }: AwaitedKey,
  isOver: () => boolean,
): Promise<boolean> {
  const turns = new Turns();
  let found: Uint8Array | undefined;
  // Until all that was there is read, an older value may be what comes.
  let isUpToDate = false;
  for (;;) {
    const step = changes.next();
    if (step.type === 'finding') notice(step.finding);
    if (step.type === 'event')
      found = step.event.op === 'put' ? step.event.value : foundAfter(step.event, found);
    isUpToDate ||= step.type === 'waiting';
    if (isUpToDate && found !== undefined && (value === undefined || equalBytes(found, value))) return true;
    if (step.type === 'waiting') {
      if (isOver()) return false;
      await changes.more();
    }
    if (turns.isDue) await turns.take();
  }
}

/** The value after an event that put none. */
function foundAfter({ op }: { readonly op: string }, before: Uint8Array | undefined): Uint8Array | undefined {
  return op === 'cursor' ? before : undefined;
}
