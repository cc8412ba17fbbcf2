import type { WritableStore } from '../engine/store/store.js';
import { batchGroups, BATCH_GROUP_LIMITS, type BatchGroup } from './batch-groups.js';
import type { BatchFormat } from './batch-line.js';
import { byteInput } from './byte-input.js';
import type { Terminal } from './terminal.js';

/** How a batch is run. */
export interface BatchRun {
  /** A path, or `-`. */
  readonly file: string;
  readonly format: BatchFormat;
  /** Print how many lines are on disk after each group. */
  readonly acknowledges: boolean;
  /** Remember under this name how many lines were taken, and go on there. */
  readonly source?: string | undefined;
}

/** What a batch came to. */
export interface BatchResult {
  /** Lines on disk, those of earlier runs of the same source included. */
  readonly lines: bigint;
  readonly puts: number;
  /** Deletes of keys that were there. */
  readonly deleted: number;
}

/**
 * Writes a batch in groups, each on disk before it is acknowledged. When the reader of the
 * acknowledgements goes away, it goes on without them.
 * @throws StatelogError `INVALID_LINE`, after the lines before it were written
 */
export async function runBatch(
  store: WritableStore,
  run: BatchRun,
  terminal: Terminal,
): Promise<BatchResult> {
  const skipped = run.source === undefined ? 0n : store.sourcePosition(run.source);
  const chunks = byteInput(run.file, terminal);
  const groups = batchGroups(chunks, run.format, BATCH_GROUP_LIMITS, { lines: Number(skipped) });
  const result = { lines: skipped, puts: 0, deleted: 0 };
  store.beginBatch?.();
  for await (const group of groups) {
    writeGroup(store, group, result);
    const lines = BigInt(group.lines);
    if (lines > result.lines || group.operations.length > 0) {
      if (run.source === undefined) await store.sync();
      else await store.syncSource(run.source, lines);
      result.lines = lines;
      if (run.acknowledges) await acknowledge(terminal, lines);
    }
    if (group.refused !== undefined) throw group.refused;
  }
  await store.endBatch?.();
  return result;
}

function writeGroup(
  store: WritableStore,
  group: BatchGroup,
  result: { puts: number; deleted: number },
): void {
  for (const operation of group.operations) {
    if (operation.op === 'put') {
      store.put(operation.key, operation.value);
      result.puts++;
    } else if (store.delete(operation.key)) result.deleted++;
  }
}

async function acknowledge(terminal: Terminal, lines: bigint): Promise<void> {
  if (terminal.output.isClosed) return;
  terminal.output.writeText(`{"acknowledged":${lines}}\n`);
  await terminal.output.flush();
}
