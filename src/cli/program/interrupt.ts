import { onStaged, removeStaged } from '../../engine/storage-io/whole/staged-paths.js';

const SIGNAL_NUMBERS = { SIGHUP: 1, SIGINT: 2, SIGTERM: 15 } as const;
/** A shell reports a process that a signal ended as this plus the signal's number. */
const SIGNALLED = 128;
/** The kernel gives the first process of a container no default action for a signal. */
const FIRST_PROCESS = 1;

/** A signal that tells the process to stop. */
type Interruption = keyof typeof SIGNAL_NUMBERS;
const INTERRUPTIONS = Object.keys(SIGNAL_NUMBERS) as Interruption[];

/** Functions to call when a signal comes. */
const lastThings = new Set<(signal: Interruption) => void | Promise<void>>();

/**
 * Does one last thing when the process is told to stop (SIGHUP, SIGINT, SIGTERM), and then ends
 * it by that same signal, so that a shell loop sees Ctrl-C for what it is. Without this the
 * kernel ends the process at once, even in the middle of a long computation: use it only for
 * what must be taken away or said, and in code that returns to the event loop. Where several have something to do, all of
 * it is done before the process ends.
 * @returns what takes it back
 */
export function onInterrupt(last: (signal: Interruption) => void | Promise<void>): () => void {
  if (lastThings.size === 0) for (const signal of INTERRUPTIONS) process.on(signal, endInOrder);
  lastThings.add(last);
  return () => {
    if (lastThings.delete(last) && lastThings.size === 0) stopListening();
  };
}

function endInOrder(signal: Interruption): void {
  const all = [...lastThings];
  lastThings.clear();
  stopListening();
  const done = all.map(async (last) => {
    await last(signal);
  });
  void Promise.allSettled(done).then(() => {
    endBySignal(signal);
  });
}

function stopListening(): void {
  for (const signal of INTERRUPTIONS) process.removeListener(signal, endInOrder);
}

/**
 * Lets a signal take away what was being put together, once something is: until then it ends the process at once. What is at
 * work then must return to the event loop now and then.
 * @returns what lets a signal be heard that came meanwhile, before the process ends by itself
 */
export function removeStagedOnSignals(): () => Promise<void> {
  let isListening = false;
  onStaged(() => {
    if (isListening) return;
    isListening = true;
    onInterrupt(removeStaged);
  });
  return async () => {
    if (isListening) await new Promise(setImmediate);
  };
}

/** Makes the first process of a container end on a signal like any other process. */
export function endOnSignals(): void {
  if (process.pid === FIRST_PROCESS) onInterrupt(() => undefined);
}

function endBySignal(signal: Interruption): void {
  if (process.pid === FIRST_PROCESS) process.exit(SIGNALLED + SIGNAL_NUMBERS[signal]);
  process.kill(process.pid, signal);
}
