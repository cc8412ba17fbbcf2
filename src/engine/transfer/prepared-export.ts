import { toUtf8 } from '../bytes/text.js';
import type { ArtifactContent } from '../artifact/payload.js';
import { artifactTar } from '../artifact/tar-writer.js';
import { writeArtifact, type ArtifactForm } from '../artifact/write-artifact.js';
import { createFile } from '../storage-io/atomic-write.js';
import type { FileSystem } from '../storage-io/file-system.js';
import { writeFully } from '../storage-io/write-fully.js';

/** What a snapshot is exported as. */
export type ExportForm = 'append-log' | 'mmap-state' | 'ndjson';

/** What an export holds. */
export interface ExportReport {
  readonly path: string;
  /** Decimal; null where the kind has no epochs. */
  readonly epoch: string | null;
  /** Hex; null where there is none. */
  readonly cursor: string | null;
  readonly keys: number;
  /** BLAKE3 of the content, in hex. */
  readonly digest: string;
}

const TEXT_BYTES = 64 * 1024;

/** A snapshot whose content is fixed: write it where it should go, then close it. */
export class PreparedExport {
  readonly form: ExportForm;
  readonly report: Omit<ExportReport, 'path'>;
  readonly #fileSystem: FileSystem;
  readonly #content: ArtifactContent | undefined;
  readonly #lines: (() => Iterable<string>) | undefined;
  readonly #release: () => void;

  /** @internal */
  constructor(parts: {
    readonly form: ExportForm;
    readonly report: Omit<ExportReport, 'path'>;
    readonly fileSystem: FileSystem;
    readonly content?: ArtifactContent;
    readonly lines?: () => Iterable<string>;
    readonly release: () => void;
  }) {
    this.form = parts.form;
    this.report = parts.report;
    this.#fileSystem = parts.fileSystem;
    this.#content = parts.content;
    this.#lines = parts.lines;
    this.#release = parts.release;
  }

  /** The bytes of a tar, or of NDJSON; each chunk valid until the next is asked for. */
  *chunks(): Generator<Uint8Array, void> {
    if (this.#content !== undefined) {
      yield* artifactTar(this.#content);
      return;
    }
    let text = '';
    for (const line of this.#lines!()) {
      text += line;
      if (text.length < TEXT_BYTES) continue;
      yield toUtf8(text);
      text = '';
    }
    yield toUtf8(text);
  }

  /**
   * Writes the snapshot to a path: whole and on disk, or not there.
   * @throws StatelogError `ALREADY_EXISTS`
   */
  writeTo(destination: string, form: ArtifactForm): ExportReport {
    if (this.#content !== undefined) writeArtifact(this.#fileSystem, this.#content, destination, form);
    else {
      createFile(this.#fileSystem, destination, (descriptor) => {
        let position = 0;
        for (const chunk of this.chunks()) {
          writeFully(this.#fileSystem, descriptor, chunk, 0, chunk.length, position);
          position += chunk.length;
        }
      });
    }
    return { path: destination, ...this.report };
  }

  close(): void {
    this.#release();
  }
}
