import { highHalf, lowHalf } from '../../../src/engine/bytes/halves.js';
import type { Clock } from '../../../src/engine/storage-io/interface/clock.js';

/** A clock that stands until it is set, to any time. */
export function manualClock(ns: bigint): Clock & { ns: bigint } {
  return {
    ns,
    read(into) {
      into[0] = lowHalf(this.ns);
      into[1] = highHalf(this.ns);
    },
    nowNs() {
      return this.ns;
    },
  };
}
