import { FoldLogMender } from '../../../fold/mend/log-mender.js';
import type { DamageClass, Finding } from '../../../finding.js';
import type { FileSystem } from '../../../storage-io/interface/file-system.js';
import { closeQuietly } from '../../../storage-io/whole/atomic-write.js';
import { SegmentMender } from '../../../wal/mend/segment-mender.js';

/** Damage that one change may explain. */
const MENDABLE: ReadonlySet<DamageClass> = new Set(['checksum-mismatch', 'bad-length', 'undecodable']);
/** Records of one file that are remembered. */
const OFFSETS_MAX = 100_000;

/** Tells which damaged records of logs a repair puts right where it is asked to mend, and leaves out where it is not. */
export class MendableRecords {
  readonly #fileSystem: FileSystem;
  readonly #format: 'segment' | 'fold';
  #path: string | undefined;
  #offsets: readonly number[] = [];

  constructor(fileSystem: FileSystem, format: 'segment' | 'fold') {
    this.#fileSystem = fileSystem;
    this.#format = format;
  }

  /** Whether a finding's bytes hold such a record. The file is gone through once more when it is first asked about. */
  areIn({ severity, class: kind, file, offset, bytes }: Finding): boolean {
    if (severity !== 'damage' || bytes === 0 || !MENDABLE.has(kind)) return false;
    if (this.#path !== file) {
      this.#path = file;
      this.#offsets = this.#find(file);
    }
    return this.#offsets.some((at) => at >= offset && at < offset + bytes);
  }

  #find(path: string): number[] {
    const descriptor = this.#fileSystem.openRead(path);
    try {
      const { size } = this.#fileSystem.statusOf(descriptor);
      const log = { fileSystem: this.#fileSystem, path, descriptor, size };
      const mender =
        this.#format === 'fold'
          ? new FoldLogMender(log, 'all')
          : new SegmentMender(this.#fileSystem, descriptor, 'all');
      const offsets: number[] = [];
      for (const { offset, mend } of mender.mends()) {
        // A wrong length is put right without being asked for.
        if (mend.kind !== 'length') offsets.push(offset);
        if (offsets.length >= OFFSETS_MAX) break;
      }
      return offsets;
    } finally {
      closeQuietly(this.#fileSystem, descriptor);
    }
  }
}
