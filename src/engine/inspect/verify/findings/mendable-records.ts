import { FoldLogMender } from '../../../fold/mend/log-mender.js';
import type { DamageClass, Finding } from '../../../finding.js';
import type { PlacedLook } from '../../../bytes/record-mend.js';
import type { FileDescriptor, FileSystem } from '../../../storage-io/interface/file-system.js';
import { hasAddedCarriageReturns } from '../../../storage-io/paged/line-ends.js';
import { closeQuietly } from '../../../storage-io/whole/atomic-write.js';
import { SegmentMender } from '../../../wal/mend/segment-mender.js';

/** Damage that one change may explain. */
const MENDABLE: ReadonlySet<DamageClass> = new Set(['checksum-mismatch', 'bad-length', 'undecodable']);

/** Longer damage is more than one record that a change puts right: it is passed over. */
const LOOKED_BYTES_MAX = 4 * 1024 * 1024;

/** As many line feeds, each behind a carriage return, no binary file has by chance. */
const LINE_ENDS_MIN = 4;

/** A file that is being gone through for the second time, as far as it was asked about. */
interface OpenFile {
  readonly path: string;
  readonly descriptor: FileDescriptor;
  readonly looks: Iterator<PlacedLook, void>;
  /** The record looked at last that another finding may be about; undefined at the end. */
  last: PlacedLook | undefined;
}

/**
 * Tells which damaged records of logs a repair puts right where it is asked to mend, and leaves out where it is not: all of a file
 * whose line ends were changed, else those that one change explains. A file is gone
 * through once more, up to the last finding that is asked about, but for long stretches of damage.
 *
 * Invariant: all before `last` was looked at, and belongs to findings that were asked about.
 */
export class MendableRecords {
  readonly #fileSystem: FileSystem;
  readonly #format: 'segment' | 'fold';
  #file: OpenFile | undefined;
  /** The file whose line ends were looked at last, and whether all of them were changed. */
  #ends = { path: '', areChanged: false };
  /** End of the last stretch that was passed over. */
  #passed = { path: '', to: 0 };

  constructor(fileSystem: FileSystem, format: 'segment' | 'fold') {
    this.#fileSystem = fileSystem;
    this.#format = format;
  }

  /** Whether a finding's bytes hold such a record. Findings of one file are asked about in the order in which they lie. */
  areIn({ severity, class: kind, file, offset, bytes }: Finding): boolean {
    if (severity !== 'damage' || bytes === 0 || !MENDABLE.has(kind)) return false;
    if (this.#hasChangedLineEnds(file)) return true;
    if (bytes > LOOKED_BYTES_MAX) {
      this.close();
      this.#passed = { path: file, to: offset + bytes };
      return false;
    }
    if (this.#file?.path !== file) {
      this.close();
      this.#file = this.#open(file);
    }
    const open = this.#file;
    while (open.last !== undefined && open.last.offset < offset + bytes) {
      const { mend, offset: at } = open.last;
      // A wrong length is put right without being asked for.
      if (at >= offset && mend !== undefined && mend.kind !== 'length') return true;
      open.last = nextOf(open.looks);
    }
    return false;
  }

  /** Whether a transfer as text put a carriage return before every line feed: all of that is undone at once. */
  #hasChangedLineEnds(path: string): boolean {
    if (this.#ends.path !== path) {
      const areChanged = hasAddedCarriageReturns(this.#fileSystem, path, LINE_ENDS_MIN);
      this.#ends = { path, areChanged };
    }
    return this.#ends.areChanged;
  }

  /** Closes the file that was asked about last. */
  close(): void {
    if (this.#file !== undefined) closeQuietly(this.#fileSystem, this.#file.descriptor);
    this.#file = undefined;
  }

  #open(path: string): OpenFile {
    const descriptor = this.#fileSystem.openRead(path);
    try {
      const { size } = this.#fileSystem.statusOf(descriptor);
      const log = { fileSystem: this.#fileSystem, path, descriptor, size };
      const from = path === this.#passed.path ? this.#passed.to : 0;
      const mender =
        this.#format === 'fold'
          ? new FoldLogMender(log, 'all', { effort: 'hint', from })
          : new SegmentMender(this.#fileSystem, descriptor, 'all', { effort: 'hint', from });
      const looks = mender.looks();
      return { path, descriptor, looks, last: nextOf(looks) };
    } catch (error) {
      closeQuietly(this.#fileSystem, descriptor);
      throw error;
    }
  }
}

function nextOf(looks: Iterator<PlacedLook, void>): PlacedLook | undefined {
  const step = looks.next();
  return step.done === true ? undefined : step.value;
}
