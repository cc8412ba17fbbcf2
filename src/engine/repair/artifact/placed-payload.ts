import { join } from 'node:path';
import { createBlake3 } from '../../bytes/hash/blake3.js';
import { fileChunks } from '../../artifact/write/payload.js';
import type { ArtifactFile } from '../../artifact/format/manifest.js';
import type { Finding } from '../../finding.js';
import type { FileSystem } from '../../storage-io/interface/file-system.js';
import type { FileSlice } from '../../storage-io/views/composed-file-system.js';
import { closeQuietly } from '../../storage-io/whole/atomic-write.js';
import { attempt } from '../survey/evidence.js';
import { locatePayload, type LocatedPayload } from './located-payload.js';
import { PayloadSayings } from './payload-sayings.js';
import type { PayloadPart } from './payload-parts.js';

/** A payload whose files were looked for wherever they lie. */
export interface PlacedPayload {
  readonly payload: LocatedPayload;
  /** One for each file that lies elsewhere than it belongs. */
  readonly findings: readonly Finding[];
  /** Whether a finding about how the artifact lies is settled: each file that it names is what the manifest says, or was found elsewhere. */
  readonly isSettled: (finding: Finding) => boolean;
}

/**
 * Finds the files of an artifact, a folder or a tar, under whatever name: each path of the manifest gets the part of its size and digest,
 * its own first; what is left goes by what it says of itself. Nothing but the digests is verified.
 */
export function placePayload(fileSystem: FileSystem, root: string): PlacedPayload {
  const located = locatePayload(fileSystem, root);
  return new PayloadPlacing(fileSystem, root, located).run();
}

class PayloadPlacing {
  readonly #fileSystem: FileSystem;
  readonly #root: string;
  readonly #located: LocatedPayload;
  readonly #files: Map<string, FileSlice>;
  readonly #stated: Map<string, number>;
  readonly #digests = new Map<string, string | undefined>();
  readonly #findings: Finding[] = [];
  readonly #proven = new Set<string>();
  /** Parts that are the file of some path. */
  readonly #used = new Set<PayloadPart>();

  constructor(fileSystem: FileSystem, root: string, located: LocatedPayload) {
    this.#fileSystem = fileSystem;
    this.#root = root;
    this.#located = located;
    this.#files = new Map(located.files);
    this.#stated = new Map(located.stated);
  }

  run(): PlacedPayload {
    const listed = this.#located.manifest?.files ?? [];
    for (const file of listed) this.#placeByDigest(file);
    this.#dropMisplaced(listed);
    const rest = this.#located.parts.filter((part) => !this.#used.has(part));
    const sayings = new PayloadSayings(this.#fileSystem, this.#located, this.#files, this.#proven, rest);
    for (const { path, part, why } of sayings.places()) this.#take(path, part, why);
    return {
      payload: { ...this.#located, files: this.#files, stated: this.#stated },
      findings: this.#findings,
      isSettled: ({ file }) => this.#isSettled(file),
    };
  }

  /** A file that belongs elsewhere is none of the place that it lies in, and one that the manifest does not list has no place. */
  #dropMisplaced(listed: readonly ArtifactFile[]): void {
    for (const { name, slice } of this.#used)
      if (!this.#proven.has(name) && this.#files.get(name) === slice) this.#files.delete(name);
    if (this.#proven.size === 0) return;
    const paths = new Set(listed.map(({ path }) => path));
    for (const name of this.#files.keys()) if (!paths.has(name)) this.#files.delete(name);
  }

  #placeByDigest(file: ArtifactFile): void {
    const { parts } = this.#located;
    const fits = (part: PayloadPart): boolean => this.#hasDigest(part, file);
    const own = parts.find((part) => part.name === file.path && fits(part));
    const found = own ?? parts.find((part) => part.name !== file.path && fits(part));
    if (found === undefined) return;
    this.#proven.add(file.path);
    const slice = { ...found.slice, length: file.size };
    this.#take(file.path, { ...found, slice }, 'its digest in the manifest says so');
    this.#used.add(found);
  }

  #take(path: string, part: PayloadPart, why: string): void {
    this.#files.set(path, part.slice);
    if (part.name === path) return;
    // A tar's header says how long the file is that lies behind it, and not the one that should.
    const isListed = this.#located.manifest?.files.some((file) => file.path === path) === true;
    if (!isListed) this.#stated.set(path, this.#located.stated.get(part.name) ?? part.slice.length);
    const place = join(this.#root, path);
    this.#findings.push({
      severity: 'notice',
      class: 'misplaced',
      file: part.hasEnd ? join(this.#root, part.name) : part.slice.path,
      offset: part.hasEnd ? 0 : part.slice.start,
      bytes: 0,
      message: `${path} lies here: ${why}; it is read as ${place}`,
    });
  }

  #hasDigest(part: PayloadPart, { size, blake3 }: ArtifactFile): boolean {
    const { slice, hasEnd } = part;
    if (hasEnd ? slice.length !== size : slice.length < size) return false;
    return this.#digestOf(slice, size) === blake3;
  }

  #digestOf(slice: FileSlice, length: number): string | undefined {
    const key = `${slice.path}:${slice.start}:${length}`;
    if (!this.#digests.has(key)) this.#digests.set(key, digestOf(this.#fileSystem, slice, length));
    return this.#digests.get(key);
  }

  #isSettled(file: string): boolean {
    const isOf = (name: string): boolean => join(this.#root, name) === file;
    if ([...this.#proven].some(isOf)) return true;
    const isListed = this.#located.manifest?.files.some(({ path }) => isOf(path)) === true;
    return !isListed && [...this.#used].some(({ name }) => isOf(name));
  }
}

/** The digest of a stretch of a file; undefined where it cannot be read. */
function digestOf(fileSystem: FileSystem, { path, start }: FileSlice, length: number): string | undefined {
  const hash = createBlake3();
  return attempt(() => {
    const descriptor = fileSystem.openRead(path);
    try {
      for (const chunk of fileChunks(fileSystem, descriptor, start + length, start)) hash.update(chunk);
    } finally {
      closeQuietly(fileSystem, descriptor);
    }
    return hash.digestHex();
  });
}
