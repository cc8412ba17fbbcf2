import { setImmediate as nextTurn } from 'node:timers/promises';

/** True where more input is there already: it is done together with what is. */
export async function isMoreAtHand(chunk: Promise<unknown>): Promise<boolean> {
  const there = chunk.then(
    () => true,
    () => true,
  );
  // Twice round the event loop, which looks at the input.
  const turns = nextTurn()
    .then(() => nextTurn())
    .then(() => false);
  return Promise.race([there, turns]);
}
