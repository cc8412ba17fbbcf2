/** The passing of time, so that a test needs none. */
export interface Timers {
  /** Milliseconds that only grow. */
  nowMs(): number;
  /** Calls once, so many milliseconds later. @returns a function that takes it back */
  after(ms: number, call: () => void): () => void;
  /** A number from 0 up to 1. */
  random(): number;
}

/** The machine's. A call comes after what lies in the sockets by then was read: a thread that was busy is no silent server. */
export const systemTimers: Timers = {
  nowMs: () => performance.now(),
  after: (ms, call) => {
    let immediate: NodeJS.Immediate | undefined;
    const timer = setTimeout(() => (immediate = setImmediate(call)), ms);
    return () => {
      clearTimeout(timer);
      clearImmediate(immediate);
    };
  },
  random: () => Math.random(),
};
