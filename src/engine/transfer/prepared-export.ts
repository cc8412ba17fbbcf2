import { toUtf8 } from '../bytes/text/text.js';
import type { ArtifactContent } from '../artifact/write/payload.js';
import { artifactTar } from '../artifact/write/tar-writer.js';
import { writeArtifact, type ArtifactForm } from '../artifact/write/write-artifact.js';
import type { Finding } from '../finding.js';
import { refuseWithinStore } from '../inspect/lies-in-store.js';
import { anchoredPlace } from '../storage-io/views/anchored-file-system.js';
import { createFile } from '../storage-io/whole/atomic-write.js';
import type { FileSystem } from '../storage-io/interface/file-system.js';
import { moveIntoPlace, refuseOccupiedFile } from '../storage-io/whole/into-place.js';
import { withStagingFolder } from '../storage-io/whole/staging-folder.js';
import { writeFully } from '../storage-io/whole/write-fully.js';
import type { Moment } from './chain/moment.js';
import { join } from 'node:path';

/** The forms in which a snapshot can be exported. */
export type ExportForm = 'append-log' | 'mmap-state' | 'ndjson';

/** The summary of an export. */
export interface ExportReport {
  readonly path: string;
  /** Decimal; null where the kind has no epochs. */
  readonly epoch: string | null;
  /** The cursor in the form that `--cursor` takes (fold/format/position-text.ts); null if there is none. */
  readonly cursor: string | null;
  readonly keys: number;
  /**
   * BLAKE3 of the content, in hex; of an increment: of the whole content at its end, null where only what changed was
   * read.
   */
  readonly digest: string | null;
  /** The sum of the content at the end of an increment, which changes bring up to date; null in chains of before there was one. */
  readonly sum?: string | null;
  /** The position that an increment starts after, and how many keys were put and deleted since; a whole export has none. */
  readonly since?: string;
  readonly puts?: number;
  readonly deletes?: number;
}

/** The content of an export: the bytes of an artifact's files, or lines. */
export type ExportContent =
  | { readonly artifact: ArtifactContent; readonly report: () => Omit<ExportReport, 'path'> }
  /** The lines come to the report as they are gone through. */
  | {
      readonly lines: () => Generator<string, Omit<ExportReport, 'path'>>;
      /** True where they are in memory, and the store need not be read for them. */
      readonly isAtHand?: boolean;
    };

const TEXT_BYTES = 64 * 1024;

/** A snapshot whose content is fixed: write it where it should go, then close it. */
export class PreparedExport {
  readonly form: ExportForm;
  /** Remarks about the source that stopped nothing, such as a torn end. */
  readonly notices: readonly Finding[];
  readonly #fileSystem: FileSystem;
  readonly #content: ExportContent;
  readonly #release: () => void;
  readonly #moment: (() => Moment) | undefined;
  #report: Omit<ExportReport, 'path'> | undefined;

  /** @internal */
  constructor(parts: {
    readonly form: ExportForm;
    readonly notices: readonly Finding[];
    readonly fileSystem: FileSystem;
    readonly content: ExportContent;
    readonly release: () => void;
    readonly moment?: (() => Moment) | undefined;
  }) {
    this.form = parts.form;
    this.notices = parts.notices;
    this.#fileSystem = parts.fileSystem;
    this.#content = parts.content;
    this.#release = parts.release;
    this.#moment = parts.moment;
  }

  /** The summary of the export. Asked for before the content was written, it costs one more way through it. */
  get report(): Omit<ExportReport, 'path'> {
    this.#report ??= 'artifact' in this.#content ? this.#content.report() : reportOf(this.#content.lines());
    return this.#report;
  }

  /** True where it is in memory, and takes no longer than to write it. */
  get isAtHand(): boolean {
    return 'lines' in this.#content && this.#content.isAtHand === true;
  }

  /**
   * The content of an artifact; undefined where it is lines. Its files can be read until it is closed.
   * @internal
   */
  get artifact(): ArtifactContent | undefined {
    return 'artifact' in this.#content ? this.#content.artifact : undefined;
  }

  /**
   * The content as a moment of the store's history, for what is to stand on it; undefined where it is none, such as in the form
   * of another kind. Close it before the export is closed.
   * @internal
   */
  moment(): Moment | undefined {
    return this.#moment?.();
  }

  /** The bytes of a tar, or of NDJSON; each chunk valid until the next is asked for. */
  *chunks(): Generator<Uint8Array, void> {
    if ('artifact' in this.#content) {
      yield* artifactTar(this.#content.artifact);
      return;
    }
    let text = '';
    const lines = this.#content.lines();
    for (let line = lines.next(); ; line = lines.next()) {
      if (line.done === true) {
        this.#report = line.value;
        break;
      }
      text += line.value;
      if (text.length < TEXT_BYTES) continue;
      yield toUtf8(text);
      text = '';
    }
    yield toUtf8(text);
  }

  /**
   * Writes the snapshot to a path: whole and on disk, or not there.
   * @throws StatelogError `ALREADY_EXISTS`, `SAME_PATH`, `DISK_FULL`
   */
  writeTo(destination: string, form: ArtifactForm): ExportReport {
    refuseWithinStore(this.#fileSystem, destination);
    if ('artifact' in this.#content) {
      writeArtifact(this.#fileSystem, this.#content.artifact, destination, form);
    } else this.#writeLines(destination);
    return { path: destination, ...this.report };
  }

  close(): void {
    this.#release();
  }

  #writeLines(destination: string): void {
    const fileSystem = anchoredPlace(this.#fileSystem, destination);
    refuseOccupiedFile(fileSystem, destination);
    withStagingFolder(fileSystem, destination, (folder) => {
      const path = join(folder, 'export.ndjson');
      createFile(fileSystem, path, (descriptor) => {
        let position = 0;
        for (const chunk of this.chunks()) {
          writeFully(fileSystem, descriptor, chunk, 0, chunk.length, position);
          position += chunk.length;
        }
      });
      moveIntoPlace(fileSystem, path, destination);
    });
  }
}

function reportOf<Report>(lines: Generator<string, Report>): Report {
  for (;;) {
    const line = lines.next();
    if (line.done === true) return line.value;
  }
}
