import type { Finding } from '../../finding.js';
import type { WalEntry } from '../../rkyv/entry/wal-entry-format.js';
import { type TailState, type WalScanOptions, WalScanner } from './scanner.js';

/** The result of `CoreWalReader.readNext`. */
export type WalReadResult =
  | { readonly kind: 'entry'; readonly entry: WalEntry; readonly offset: number; readonly bytes: number }
  | { readonly kind: 'finding'; readonly finding: Finding }
  | { readonly kind: 'end'; readonly tail: TailState };

/**
 * Reads one core's segment from any record on, entry by entry, each as an object of its own. Use it to read
 * little, or to get plain objects; `WalScanner` allocates nothing per record.
 */
export class CoreWalReader implements Iterable<WalEntry> {
  readonly coreId: number;
  readonly #scanner: WalScanner;

  private constructor(coreId: number, scanner: WalScanner) {
    this.coreId = coreId;
    this.#scanner = scanner;
  }

  /**
   * @param options `from` is the offset of the record to start with
   * @throws StatelogError what `FileSystem.openRead` throws
   */
  static open(coreId: number, path: string, options: Omit<WalScanOptions, 'coreId'> = {}): CoreWalReader {
    return new CoreWalReader(coreId, WalScanner.open(path, { ...options, coreId }));
  }

  get path(): string {
    return this.#scanner.path;
  }

  /** End of the last entry read. */
  get position(): number {
    return this.#scanner.goodEnd;
  }

  /** The size of the file when it was opened, in bytes. */
  get fileLength(): number {
    return this.#scanner.end;
  }

  /** The next entry, or what was found instead; reading then goes on behind it. */
  readNext(): WalReadResult {
    const scanner = this.#scanner;
    switch (scanner.next()) {
      case 'record':
        return {
          kind: 'entry',
          entry: scanner.view.toEntry(),
          offset: scanner.offset,
          bytes: scanner.recordBytes,
        };
      case 'finding':
        return { kind: 'finding', finding: scanner.finding! };
      case 'end':
        return { kind: 'end', tail: scanner.tail };
    }
  }

  /**
   * The entries up to the first damage, or the end: a notice or a torn tail does not throw.
   * @throws StatelogError `DAMAGED` at damage
   */
  *[Symbol.iterator](): Iterator<WalEntry> {
    const scanner = this.#scanner;
    for (let event = scanner.next(); event !== 'end'; event = scanner.next()) {
      if (event === 'record') yield scanner.view.toEntry();
      else scanner.throwIfDamage();
    }
  }

  /** All entries that are left. @throws StatelogError `DAMAGED` at damage */
  readAll(): WalEntry[] {
    return [...this];
  }

  /**
   * Reads the entries that are left of epochs up to and with `epoch`. @throws StatelogError `DAMAGED` at
   * damage
   */
  readUpToEpoch(epoch: bigint): WalEntry[] {
    const entries: WalEntry[] = [];
    for (const entry of this) {
      if (entry.epoch > epoch) break;
      entries.push(entry);
    }
    return entries;
  }

  close(): void {
    this.#scanner.close();
  }
}
