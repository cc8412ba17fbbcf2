import { equalBytes } from '../../bytes/compare.js';
import { TAG_CHECKPOINT, TAG_COMMIT, TAG_EPOCH_BARRIER } from '../../rkyv/entry/wal-entry-format.js';
import type { WalEntryView } from '../../rkyv/entry/wal-entry-view.js';
import type { FileSystem } from '../../storage-io/interface/file-system.js';
import { WalScanner } from '../../wal/scan/scanner.js';

/**
 * True where a segment holds a change that another one does not: a put, delete or commit of another number, time or content. A
 * checkpoint that was nearly made leaves one that holds copies alone, of what came to the live log meanwhile.
 * @param original undefined where it can hold copies of none: any change is then another
 */
export function holdsOtherChanges(
  fileSystem: FileSystem,
  segment: string,
  original: string | undefined,
): boolean {
  const copies = WalScanner.open(segment, { fileSystem });
  let originals: WalScanner | undefined;
  try {
    while (nextChange(copies)) {
      if (originals === undefined) {
        if (original === undefined || fileSystem.status(original) === undefined) return true;
        originals = WalScanner.open(original, { fileSystem });
      }
      if (!advanceTo(originals, copies.view) || !isCopy(copies.view, originals.view)) return true;
    }
    return false;
  } finally {
    originals?.close();
    copies.close();
  }
}

function nextChange(scanner: WalScanner): boolean {
  for (let event = scanner.next(); event !== 'end'; event = scanner.next()) {
    const { tag } = scanner.view;
    if (event === 'record' && tag !== TAG_CHECKPOINT && tag !== TAG_EPOCH_BARRIER) return true;
  }
  return false;
}

/** Moves on to the change of a record's number; false where there is none. */
function advanceTo(scanner: WalScanner, { sequence }: WalEntryView): boolean {
  while (nextChange(scanner))
    if (scanner.view.sequence >= sequence) return scanner.view.sequence === sequence;
  return false;
}

/** The epoch is not compared: a copy is of the next one. */
function isCopy(copy: WalEntryView, original: WalEntryView): boolean {
  if (copy.tag !== original.tag || copy.coreId !== original.coreId) return false;
  if (copy.timestampNs !== original.timestampNs) return false;
  if (copy.tag === TAG_COMMIT) return commitText(copy) === commitText(original);
  return (
    equalBytes(
      partOf(copy, copy.keyStart, copy.keyLength),
      partOf(original, original.keyStart, original.keyLength),
    ) &&
    equalBytes(
      partOf(copy, copy.valueStart, copy.valueLength),
      partOf(original, original.valueStart, original.valueLength),
    )
  );
}

function partOf({ bytes }: WalEntryView, start: number, length: number): Uint8Array {
  return bytes.subarray(start, start + length);
}

function commitText(view: WalEntryView): string {
  return JSON.stringify(view.operation(), (_, value: unknown) => {
    if (typeof value === 'bigint') return String(value);
    return value instanceof Map ? [...(value as Map<unknown, unknown>)] : value;
  });
}
