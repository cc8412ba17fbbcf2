import type { Finding } from '../../finding.js';
import { isLogLocked } from '../../fold/write/open-log.js';
import type { FoldRecord } from '../../fold/format/record.js';
import type { OpenLog } from '../../fold/record/log-window.js';
import { refuseOtherVersion } from '../../fold/record/other-version.js';
import { FoldScanner } from '../../fold/scan/scanner.js';
import type { FileSystem } from '../../storage-io/interface/file-system.js';
import { newlyUnreadable } from '../unreadable.js';

/** The records of a fold log as they lie, with findings between them; reading goes on behind damage. */
export class FoldSource {
  readonly path: string;
  /** The last finding. */
  finding: Finding | undefined;
  readonly #log: OpenLog;
  readonly #scanner: FoldScanner;
  readonly #findings: Finding[] = [];

  /** @throws StatelogError what `FileSystem.openRead` throws */
  constructor(fileSystem: FileSystem, path: string) {
    const descriptor = fileSystem.openRead(path);
    const { size } = fileSystem.statusOf(descriptor);
    this.path = path;
    this.#log = { fileSystem, descriptor, path, size };
    this.#scanner = new FoldScanner(this.#log, { isLocked: () => isLogLocked(fileSystem, path) });
  }

  /** The last record, valid until `next`. */
  get record(): FoldRecord {
    return this.#scanner.record;
  }

  get offset(): number {
    return this.record.offset;
  }

  get recordBytes(): number {
    return this.record.length;
  }

  /** The last record and where it lies. */
  get segment(): this {
    return this;
  }

  /**
   * Moves on by one record or finding.
   * @throws StatelogError `UNSUPPORTED_VERSION` where another release wrote it; what reading throws
   */
  next(): 'record' | 'finding' | 'end' {
    if (this.#findings.length > 0) return this.#tell();
    const step = this.#scanner.next();
    if (step === 'record') return step;
    if (step === 'finding') {
      refuseOtherVersion(this.#log, this.#scanner.finding!);
      // What cannot be read shows ahead of what is judged: it is told with it.
      this.#findings.push(...newlyUnreadable(this.#log.fileSystem), this.#scanner.finding!);
    } else {
      this.#findings.push(...newlyUnreadable(this.#log.fileSystem));
    }
    return this.#findings.length > 0 ? this.#tell() : 'end';
  }

  close(): void {
    this.#log.fileSystem.close(this.#log.descriptor);
  }

  #tell(): 'finding' {
    this.finding = this.#findings.shift();
    return 'finding';
  }
}
