import { FOLD_PATH } from '../../artifact/backends/append-log-artifact.js';
import { SUMMARY_PATH } from '../../artifact/backends/state-payload.js';
import { MANIFEST_BYTES_MAX } from '../../artifact/format/format.js';
import { startsWithBytes } from '../../bytes/compare.js';
import {
  decodeCheckpointSummary,
  type CheckpointSummary,
} from '../../directory/manifest/checkpoint-summary.js';
import { CORES_MAX } from '../../directory/manifest/manifest.js';
import { MAGIC as FOLD_MAGIC } from '../../fold/format/format.js';
import type { FileSystem } from '../../storage-io/interface/file-system.js';
import { slicedFileSystem, type FileSlice } from '../../storage-io/views/composed-file-system.js';
import { valuesFit } from '../state/fitting-index.js';
import { attempt, pairEvidenceOf, type IndexEvidence, type ValuesEvidence } from '../survey/evidence.js';
import { readSlice, type LocatedPayload } from './located-payload.js';
import type { PayloadPart } from './payload-parts.js';

const INDEX_PATH = /^data\/state-(\d{1,4})\.idx$/;

/** A path of a payload, and the part that says it is the file of that path. */
export interface SaidPlace {
  readonly path: string;
  readonly part: PayloadPart;
  readonly why: string;
}

/** A part that holds one half of a pair. */
type PairPart = PayloadPart & { readonly evidence: IndexEvidence | ValuesEvidence };
type IndexPart = PayloadPart & { readonly evidence: IndexEvidence };

/**
 * Places the files of which no digest speaks: an index by the core that it names, values by the sums in their index, a fold log and
 * a checkpoint's line by their content. What lies in its place and fits stays there.
 */
export class PayloadSayings {
  readonly #fileSystem: FileSystem;
  readonly #located: LocatedPayload;
  readonly #files: ReadonlyMap<string, FileSlice>;
  readonly #proven: ReadonlySet<string>;
  readonly #rest: readonly PayloadPart[];

  /**
   * @param files the files so far, by their paths
   * @param proven paths whose files are what the manifest says
   * @param rest parts that are not the file of any of those
   */
  constructor(
    fileSystem: FileSystem,
    located: LocatedPayload,
    files: ReadonlyMap<string, FileSlice>,
    proven: ReadonlySet<string>,
    rest: readonly PayloadPart[],
  ) {
    this.#fileSystem = fileSystem;
    this.#located = located;
    this.#files = files;
    this.#proven = proven;
    this.#rest = rest;
  }

  /** The places, each found as it is asked for: what is asked later counts on what was taken before. */
  *places(): Generator<SaidPlace, void> {
    const pairs = this.#rest.flatMap((part) => this.#pairPartOf(part) ?? []);
    const isFold = pairs.length === 0 && !this.#paths.some((path) => path.endsWith('.idx'));
    if (isFold) {
      yield* this.#placeFold();
      return;
    }
    yield* this.#placeSummary();
    for (const coreId of this.#coresOf(pairs)) yield* this.#placeCore(coreId, pairs);
  }

  get #paths(): readonly string[] {
    return this.#located.manifest?.files.map(({ path }) => path) ?? [...this.#files.keys()];
  }

  #coresOf(pairs: readonly PairPart[]): number[] {
    const named = this.#paths.flatMap((path) => {
      const digits = INDEX_PATH.exec(path)?.[1];
      return digits === undefined ? [] : Number(digits);
    });
    const said = pairs.flatMap(({ evidence }) => (evidence.kind === 'index' ? evidence.block.coreId : []));
    const cores = this.#proven.size > 0 ? named : [...named, ...said];
    return [...new Set(cores.filter((coreId) => coreId < CORES_MAX))].sort((a, b) => a - b);
  }

  *#placeFold(): Generator<SaidPlace, void> {
    if (this.#proven.has(FOLD_PATH)) return;
    const stated = this.#located.manifest?.files.find(({ path }) => path === FOLD_PATH)?.size;
    const rank = (part: PayloadPart): number =>
      (startsWithBytes(this.#headOf(part), FOLD_MAGIC) ? 2 : 0) +
      (part.slice.length === stated ? 4 : 0) +
      (part.name === FOLD_PATH ? 1 : 0);
    const [best] = [...this.#rest].sort((a, b) => rank(b) - rank(a) || b.slice.length - a.slice.length);
    if (best === undefined || rank(best) < 2 || best.name === FOLD_PATH) return;
    yield { path: FOLD_PATH, part: best, why: 'it is a fold log' };
  }

  *#placeSummary(): Generator<SaidPlace, void> {
    if (this.#proven.has(SUMMARY_PATH)) return;
    const epoch = this.#epoch;
    const fits = (slice: FileSlice | undefined): boolean => {
      const summary = this.#summaryIn(slice);
      return summary !== undefined && (epoch === undefined || summary.epoch === epoch);
    };
    if (fits(this.#files.get(SUMMARY_PATH))) return;
    const part = this.#rest.find(({ slice, hasEnd }) => hasEnd && fits(slice));
    if (part !== undefined) yield { path: SUMMARY_PATH, part, why: "it is a checkpoint's line" };
  }

  *#placeCore(coreId: number, pairs: readonly PairPart[]): Generator<SaidPlace, void> {
    const [statePath, indexPath] = [`data/state-${coreId}.db`, `data/state-${coreId}.idx`];
    if (!this.#proven.has(indexPath)) {
      const index = this.#indexOf(coreId, indexPath, pairs);
      if (index !== undefined)
        yield { path: indexPath, part: index, why: `it is the index of core ${coreId}` };
    }
    if (this.#proven.has(statePath)) return;
    const values = this.#valuesOf(statePath, indexPath, pairs);
    if (values !== undefined) yield { path: statePath, part: values, why: 'its values fit the index' };
  }

  /** The index of a core where none that is lies in its place. */
  #indexOf(coreId: number, path: string, pairs: readonly PairPart[]): IndexPart | undefined {
    const epoch = this.#epoch ?? this.#summaryIn(this.#files.get(SUMMARY_PATH))?.epoch;
    const indexes = pairs.filter((part): part is IndexPart => part.evidence.kind === 'index');
    const isOfCore = ({ evidence }: IndexPart): boolean => evidence.block.coreId === coreId;
    const isOfEpoch = ({ evidence }: IndexPart): boolean =>
      epoch === undefined || evidence.block.epoch === epoch;
    const fitting = indexes.filter((part) => isOfCore(part) && isOfEpoch(part));
    return fitting.some(({ name }) => name === path) ? undefined : fitting[0];
  }

  #valuesOf(path: string, indexPath: string, pairs: readonly PairPart[]): PairPart | undefined {
    const index = this.#files.get(indexPath);
    const evidence = index === undefined ? undefined : this.#evidenceIn(index);
    if (evidence?.kind !== 'index') return undefined;
    const { valuePageSums: values, valueLength, generation } = evidence.block;
    const own = (part: PayloadPart): number => (part.name === path ? 0 : 1);
    const candidates = pairs
      .filter((part) => part.evidence.kind === 'values')
      .sort((a, b) => own(a) - own(b));
    const fits = ({ slice }: PayloadPart, bySumsAlone: boolean): boolean =>
      attempt(() =>
        valuesFit(this.#view(slice), slice.path, { values, valueLength, generation }, { bySumsAlone }),
      ) === true;
    const found = candidates.find((part) => fits(part, true)) ?? candidates.find((part) => fits(part, false));
    return found?.name === path ? undefined : found;
  }

  /** The checkpoint that the artifact is of, by its manifest. */
  get #epoch(): bigint | undefined {
    return this.#located.manifest?.cursor.asU64();
  }

  #summaryIn(slice: FileSlice | undefined): CheckpointSummary | undefined {
    if (slice === undefined || slice.length > MANIFEST_BYTES_MAX) return undefined;
    const summary = attempt(() => decodeCheckpointSummary(readSlice(this.#fileSystem, slice)));
    return typeof summary === 'string' ? undefined : summary;
  }

  #pairPartOf(part: PayloadPart): PairPart | undefined {
    const evidence = this.#evidenceIn(part.slice);
    return evidence === undefined ? undefined : { ...part, evidence };
  }

  #evidenceIn(slice: FileSlice): IndexEvidence | ValuesEvidence | undefined {
    const view = this.#view(slice);
    const status = view.statusFollowing(slice.path);
    return status === undefined ? undefined : attempt(() => pairEvidenceOf(view, slice.path, status));
  }

  #headOf({ slice }: PayloadPart): Uint8Array {
    return readSlice(this.#fileSystem, { ...slice, length: Math.min(slice.length, FOLD_MAGIC.length) });
  }

  /** Shows a part as if it were all of the file that it lies in. */
  #view(slice: FileSlice): FileSystem {
    return slicedFileSystem(this.#fileSystem, new Map([[slice.path, slice]]));
  }
}
