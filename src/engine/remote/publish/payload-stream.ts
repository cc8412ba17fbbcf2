import { setImmediate as nextTurn } from 'node:timers/promises';
import type { ExportManifest } from '../../artifact/format/manifest.js';
import type { ArtifactContent } from '../../artifact/write/payload.js';
import { artifactTar } from '../../artifact/write/tar-writer.js';
import type { Part } from '../blob/blob-store.js';
import { sumsOf } from '../blob/part-sums.js';

/** As many bytes as Slipstream's parts have. */
export const PART_BYTES = 8 * 1024 * 1024;
/** As many parts as S3 takes. */
const PARTS_MAX = 10_000;
const ONE_MIB = 1024 * 1024;

/** The facts about an artifact's tar, from one way through its content. */
export interface MeasuredTar {
  /** The manifest, which the tar ends with. */
  readonly manifest: ExportManifest;
  readonly bytes: number;
}

/** Goes through an artifact once, without keeping any of it. Signals are heard meanwhile. */
export async function measureTar(content: ArtifactContent): Promise<MeasuredTar> {
  const chunks = artifactTar(content);
  let bytes = 0;
  let beforeTurn = PART_BYTES;
  for (let chunk = chunks.next(); ; chunk = chunks.next()) {
    if (chunk.done === true) return { manifest: chunk.value, bytes };
    bytes += chunk.value.length;
    if (bytes < beforeTurn) continue;
    beforeTurn = bytes + PART_BYTES;
    await nextTurn();
  }
}

/** Bytes of a part of a blob of so many bytes: more than Slipstream's only where there would be too many parts. */
export function partBytesFor(bytes: number): number {
  return Math.max(PART_BYTES, Math.ceil(bytes / PARTS_MAX / ONE_MIB) * ONE_MIB);
}

/** Buffers of parts, used again and again, so that as many are in memory as parts are under way. */
export class PartBuffers {
  readonly partBytes: number;
  readonly #free: Uint8Array<ArrayBuffer>[] = [];

  constructor(partBytes: number) {
    this.partBytes = partBytes;
  }

  take(): Uint8Array<ArrayBuffer> {
    return this.#free.pop() ?? new Uint8Array(this.partBytes);
  }

  /** Takes back the buffer of a part of which nothing is needed any more. */
  giveBack({ bytes }: Part): void {
    this.#free.push(new Uint8Array(bytes.buffer as ArrayBuffer));
  }
}

/**
 * Gathers chunks, each valid until the next is asked for, to parts of one length; the last one is what is left. A part is valid until
 * it is given back.
 */
export function* partsOf(chunks: Iterable<Uint8Array>, buffers: PartBuffers): Generator<Part, void> {
  const { partBytes } = buffers;
  let bytes = buffers.take();
  let filled = 0;
  let number = 1;
  const part = (): Part => {
    const own = bytes.subarray(0, filled);
    return { number, start: (number - 1) * partBytes, bytes: own, sums: sumsOf(own) };
  };
  for (const chunk of chunks) {
    for (let at = 0; at < chunk.length;) {
      const taken = Math.min(chunk.length - at, partBytes - filled);
      bytes.set(chunk.subarray(at, at + taken), filled);
      at += taken;
      filled += taken;
      if (filled < partBytes) continue;
      yield part();
      bytes = buffers.take();
      filled = 0;
      number += 1;
    }
  }
  if (filled > 0) yield part();
}
