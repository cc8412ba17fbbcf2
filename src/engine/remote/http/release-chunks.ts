import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

type CollectYoung = (options: { readonly type: 'minor' }) => void;

/** Bytes that have passed through before what held them is freed. */
const RELEASED_EACH_BYTES = 4 * 1024 * 1024;

let collectYoung: CollectYoung | undefined;

/**
 * Frees what held the chunks of an answer that has been taken. `fetch` gives each chunk memory of its own, twice, and V8, whose own heap hardly
 * grows by it, lets some 40 MiB of it come together before it frees any.
 */
export class ReleasedChunks {
  #bytes = 0;

  /** Tells that so many more bytes have been taken. */
  took(bytes: number): void {
    this.#bytes += bytes;
    if (this.#bytes < RELEASED_EACH_BYTES) return;
    this.#bytes = 0;
    collectYoung ??= exposed();
    collectYoung({ type: 'minor' });
  }
}

/** The switch is put back at once: V8 takes code that it kept only under the flags that it was kept under. */
function exposed(): CollectYoung {
  setFlagsFromString('--expose-gc');
  const found: unknown = runInNewContext('globalThis.gc');
  setFlagsFromString('--no-expose-gc');
  return typeof found === 'function' ? (found as CollectYoung) : () => undefined;
}
