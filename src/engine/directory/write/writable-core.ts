import { assert } from '../../assert.js';
import { joinU64 } from '../../bytes/halves.js';
import { StateChangelogBuffer } from '../../changelog/buffer.js';
import { StateOp } from '../../changelog/entry.js';
import type { ChangelogVisitor } from '../../changelog/entry-words.js';
import type { CoreWalWriter } from '../../wal/write/writer.js';
import type { CoreCheckpoint } from '../manifest/manifest.js';
import type { SegmentState } from '../read/replay.js';
import type { CoreState } from '../state/core-state.js';
import type { Overlay } from '../state/overlay.js';
import type { Change } from './subscribers.js';

const TWO_TO_32 = 0x1_0000_0000;
/** Changes drained at once, while their records are still in the processor's cache. */
const DRAIN_AT = 1024;

/**
 * The writing half of one core: changes go to the overlay and, as 32 bytes each, to the changelog;
 * the drain reads them back by their offset and appends them to the segment.
 *
 * Invariant: the overlay's arena is compacted only when the changelog is empty.
 */
export class WritableCore {
  readonly coreId: number;
  readonly segment: CoreWalWriter;
  /** The layer of the changes from now on. */
  #overlay: Overlay;
  /** Made with the first change. */
  #changelog: StateChangelogBuffer | undefined;
  /** Changes in it. */
  #undrained = 0;
  /** Changes drained since they were last taken; kept only while somebody listens. */
  #listened: Change[] | undefined;

  /** @param before the core in the epoch before: its changelog, which must be empty, and what nobody has taken yet are handed on */
  constructor(state: CoreState, segment: CoreWalWriter, before?: WritableCore) {
    this.coreId = state.coreId;
    this.segment = segment;
    this.#overlay = state.overlay;
    if (before === undefined) return;
    this.#changelog = before.#changelog;
    this.#listened = before.#listened;
    this.#changelog?.setEpoch(segment.epoch);
  }

  /** The content of its segment behind the checkpoint that it follows; undefined if there is none. */
  stateBehind(published: CoreCheckpoint | undefined): SegmentState {
    const { coreId, segment } = this;
    return {
      coreId,
      records: Number(segment.sequence - (published?.nextSequence ?? 0n)),
      goodEnd: segment.position,
      nextSequence: segment.sequence,
      lastTimestampNs: segment.position > 0 ? segment.lastTimestampNs : undefined,
    };
  }

  put(key: Uint8Array, value: Uint8Array): void {
    this.#push(StateOp.put, this.#overlay.put(key, value), value.length);
  }

  delete(key: Uint8Array): void {
    this.#push(StateOp.delete, this.#overlay.delete(key), 0);
  }

  /** Appends everything in the changelog to the segment; what is drained is not yet on disk. */
  drain(): void {
    this.#drainChangelog();
    this.#overlay.compactIfSparse();
  }

  /** From now on drained changes are kept for `takeListened`, or no longer. */
  listen(isListening: boolean): void {
    this.#listened = isListening ? (this.#listened ?? []) : undefined;
  }

  /** The changes drained since the last call, in order. */
  takeListened(): readonly Change[] {
    const taken = this.#listened ?? [];
    if (taken.length > 0) this.#listened = [];
    return taken;
  }

  /** Lays the changes from now on over another layer; the changelog must be empty, since it points into the one before. */
  goOnWith(overlay: Overlay): void {
    assert(this.#undrained === 0, 'a changelog is drained before its layer is left');
    this.#overlay = overlay;
  }

  /** The changelog never fills up, so that nothing is dropped. Nobody asks for the key's hash: it is left out. */
  #push(op: StateOp, offset: number, valueLength: number): void {
    const changelog = (this.#changelog ??= this.#newChangelog());
    if (this.#undrained >= DRAIN_AT) this.#drainChangelog();
    changelog.pushRecord(op, 0, 0, offset, valueLength);
    this.#undrained += 1;
  }

  #newChangelog(): StateChangelogBuffer {
    const changelog = new StateChangelogBuffer();
    changelog.setEpoch(this.segment.epoch);
    return changelog;
  }

  /** Leaves the arena as it is: an offset may be held that is not in the changelog yet. */
  #drainChangelog(): void {
    this.#changelog?.drainTo(Infinity, this.#append);
    this.#undrained = 0;
  }

  readonly #append: ChangelogVisitor = (
    epochLow,
    epochHigh,
    _low,
    _high,
    offsetLow,
    offsetHigh,
    length,
    op,
  ) => {
    const overlay = this.#overlay;
    const at = offsetHigh * TWO_TO_32 + (offsetLow >>> 0);
    const bytes = overlay.bufferAt(at);
    const keyStart = overlay.keyStartAt(at);
    const keyLength = overlay.keyLengthIn(bytes, keyStart);
    const valueStart = keyStart + keyLength;
    const isPut = op === StateOp.put;
    if (isPut) this.segment.appendPutParts(bytes, keyStart, keyLength, bytes, valueStart, length);
    else this.segment.appendDeleteParts(bytes, keyStart, keyLength);
    this.#listened?.push({
      epoch: joinU64(epochLow, epochHigh),
      coreId: this.coreId,
      op: isPut ? 'put' : 'delete',
      key: bytes.slice(keyStart, valueStart),
      value: isPut ? bytes.slice(valueStart, valueStart + length) : undefined,
    });
  };
}
