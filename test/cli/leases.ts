import type { BatchRun } from '../../src/cli/batch/run-batch.js';
import { StoreLease } from '../../src/cli/command/store-lease.js';
import type { FileSystem } from '../../src/engine/storage-io/interface/file-system.js';
import { MemoryTerminal } from '../support/memory-terminal.js';

/* Batches and sessions on stores whose lock is let go. */

export const RUN: BatchRun = {
  file: '-',
  format: { encodings: { key: 'utf8', value: 'utf8' }, tsv: false, command: 'put' },
  acknowledges: true,
};
const NOTICES = { notice: () => undefined, warn: () => undefined };

export function leaseOf(store: string, idleMs: number, fileSystem?: FileSystem): StoreLease {
  const opening = { fileSystem, create: fileSystem === undefined ? {} : undefined };
  return new StoreLease({ path: store, opening, notices: NOTICES, idleMs, retakeWaitMs: 60_000 });
}

/** Standard input that is still being written to. */
export class Producer extends MemoryTerminal {
  readonly #chunks: AsyncGenerator<string, void>;

  constructor(chunks: AsyncGenerator<string, void>) {
    super();
    this.#chunks = chunks;
  }

  override async *input(): AsyncGenerator<Uint8Array, void> {
    for await (const chunk of this.#chunks) yield Buffer.from(chunk);
  }
}
