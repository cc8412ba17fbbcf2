import { StatelogError } from '../../errors.js';

/** The two ways a writer can write. */
export type WriteWay = 'direct' | 'submitted';

/**
 * The gate that a writer's calls pass.
 *
 * Invariants:
 * - the way is chosen by the first call that names one, or the first write, and never changes afterwards;
 * - `poisoned` is left only for `closed`, and `closed` never.
 */
export class WriteGate {
  state: WriteWay | 'unused' | 'poisoned' | 'closed' = 'unused';
  /** The error of a failed write, if that was the first failure: no sync has failed. */
  writeFailure: unknown;
  readonly #path: string;
  #cause: unknown;

  constructor(path: string) {
    this.#path = path;
  }

  /**
   * Lets a write in one way pass.
   * @throws StatelogError `MIXED_WRITE_PATHS`, `POISONED`, `CLOSED`
   */
  enter(way: WriteWay): void {
    if (this.state === way) return;
    this.checkUsable();
    if (this.state !== 'unused') {
      const path = this.#path;
      const message = `${path}: one writer writes directly or through a StorageIo, never both`;
      throw new StatelogError('MIXED_WRITE_PATHS', message, { path, found: way, expected: this.state });
    }
    this.state = way;
  }

  /** @throws StatelogError `POISONED`, `CLOSED` */
  checkUsable(): void {
    const path = this.#path;
    if (this.state === 'closed') throw new StatelogError('CLOSED', `${path}: the writer is closed`, { path });
    if (this.state !== 'poisoned') return;
    throw new StatelogError(
      'POISONED',
      `${path}: an earlier write or sync failed, so nothing more is written`,
      {
        path,
        safe: 'everything that was acknowledged',
        hint: 'open the store again: recovery keeps everything that was acknowledged',
        cause: this.#cause,
      },
    );
  }

  /** Does something whose failure poisons. @throws whatever it throws */
  guard<T>(action: () => T): T {
    try {
      return action();
    } catch (error) {
      throw this.poison(error);
    }
  }

  /** Guards a write, as `guard` does. */
  guardWrite<T>(action: () => T): T {
    try {
      return action();
    } catch (error) {
      if (this.state !== 'poisoned') this.writeFailure = error;
      throw this.poison(error);
    }
  }

  /** @returns the error, to be thrown */
  poison(error: unknown): unknown {
    this.state = 'poisoned';
    this.#cause = error;
    return error;
  }
}
