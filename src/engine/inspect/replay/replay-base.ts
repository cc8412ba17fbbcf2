import { commandText } from '../../bytes/text/command-hints.js';
import { equalBytes } from '../../bytes/compare.js';
import { formatTime } from '../../bytes/text/time-text.js';
import { DirectoryLayout } from '../../directory/manifest/layout.js';
import { readManifestBytes } from '../../directory/manifest/manifest-file.js';
import {
  decodeManifest,
  type CheckpointEntry,
  type DirectoryManifest,
} from '../../directory/manifest/manifest.js';
import { openCheckpoint } from '../../directory/read/open-checkpoint.js';
import type { Entry } from '../../entry-cursor.js';
import { copiedEntry, itemsInRange } from '../../entry-range.js';
import { isStatelogError, StatelogError } from '../../errors.js';
import type { Finding } from '../../finding.js';
import { checkStateFile } from '../../state/read/state-file-check.js';
import type { StateFile } from '../../state/read/state-file.js';
import type { FileSystem } from '../../storage-io/interface/file-system.js';
import { closeEach } from '../../storage-io/whole/close-each.js';
import { damageError } from '../../wal/scan/scan-findings.js';
import { WalScanner } from '../../wal/scan/scanner.js';
import { withHint, mendHints } from '../hints.js';
import { missingOrDamaged } from '../verify/verify-directory.js';

/** A record by its core and its number there. */
export interface SequencePlace {
  readonly coreId: number;
  readonly sequence: bigint;
}

/** The point that a store is rebuilt up to; at least one bound, all exclusive. */
export interface ReplayBounds {
  /** Nanoseconds since the Unix epoch. */
  readonly toTimeNs: bigint | undefined;
  readonly toEpoch: bigint | undefined;
  /** The first record in merged order that is left out. */
  readonly toSequence: SequencePlace | undefined;
}

/** A writer moves on while a checkpoint is opened: it is looked for anew as often as this. */
const TRIES_MAX = 100;
/** Before any record. */
const NEVER_NS = -(2n ** 63n);

/**
 * The state that a rebuilt store starts from: the newest checkpoint of a state directory all of whose records lie below the
 * bounds, and of which every byte is good; or nothing, in a store that has no checkpoint yet. The logs of every later epoch are
 * kept. Its files stay open, though a writer removes them.
 */
export class ReplayBase {
  /** Epoch of the checkpoint; 0 for the empty store. */
  readonly epoch: bigint;
  /** No record in it is later, in nanoseconds since the Unix epoch; undefined where it holds none. */
  readonly throughNs: bigint | undefined;
  /** The faults of newer checkpoints below the bounds, which are passed over: logs repeat what they hold. */
  readonly findings: readonly Finding[];
  readonly #files: readonly StateFile[];

  private constructor(
    found: Candidate | undefined,
    files: readonly StateFile[],
    findings: readonly Finding[],
  ) {
    this.epoch = found?.entry.epoch ?? 0n;
    this.throughNs = found?.throughNs === NEVER_NS ? undefined : found?.throughNs;
    this.#files = files;
    this.findings = findings;
  }

  /**
   * @throws StatelogError `EPOCH_NOT_FOUND` where every kept checkpoint has records at or past a bound, or does not say;
   * `DAMAGED` where none below them is whole
   */
  static open(fileSystem: FileSystem, root: string, bounds: ReplayBounds): ReplayBase {
    const layout = new DirectoryLayout(root);
    for (let tries = 1; ; tries++) {
      const bytes = readManifestBytes(fileSystem, layout);
      try {
        return ReplayBase.#openBelow(fileSystem, layout, decodeManifest(bytes, layout.manifest), bounds);
      } catch (error) {
        const hasMoved = !equalBytes(readManifestBytes(fileSystem, layout), bytes);
        if (!hasMoved || tries === TRIES_MAX || !isStatelogError(error)) throw error;
      }
    }
  }

  static #openBelow(
    fileSystem: FileSystem,
    layout: DirectoryLayout,
    manifest: DirectoryManifest,
    bounds: ReplayBounds,
  ): ReplayBase {
    if (manifest.checkpoints.length === 0) return new ReplayBase(undefined, [], []);
    const candidates = candidatesOf(fileSystem, layout, manifest);
    const below = candidates.filter((candidate) => isBelow(candidate, bounds));
    if (below.length === 0) throw nothingBelow(layout.root, candidates, bounds);
    const findings: Finding[] = [];
    for (const candidate of below) {
      const source = { fileSystem, layout, manifest, mapping: 'never' as const };
      const files: StateFile[] = [];
      const foundBefore = findings.length;
      try {
        files.push(...openCheckpoint(source, candidate.entry));
        for (const file of files) {
          const found = [...checkStateFile(file, { fileSystem, values: true })];
          findings.push(...found.filter(({ severity }) => severity === 'damage'));
        }
      } catch (error) {
        findings.push(missingOrDamaged(error, layout.checkpoint(candidate.entry.epoch), 'missing-file'));
      }
      if (findings.length === foundBefore)
        return new ReplayBase(candidate, files, findings.map(hintedBy(layout)));
      closeEach(files);
    }
    throw damageError(hintedBy(layout)(findings[0]!), 'nothing was written');
  }

  /** Its entries whose keys start with a prefix, core after core, each core's in key order; free to keep. */
  *entries(prefix: Uint8Array | undefined): Generator<Entry, void> {
    for (const file of this.#files) yield* itemsInRange(file.cursor(), { prefix }, copiedEntry);
  }

  close(): void {
    closeEach(this.#files);
  }
}

/** A checkpoint after which every log is kept. */
interface Candidate {
  readonly entry: CheckpointEntry;
  /** No record in it is later; undefined where nothing says so. */
  readonly throughNs: bigint | undefined;
}

/** The newest first. */
function candidatesOf(
  fileSystem: FileSystem,
  layout: DirectoryLayout,
  { checkpoints }: DirectoryManifest,
): Candidate[] {
  const candidates: Candidate[] = [];
  for (let index = checkpoints.length - 1; index >= 0; index--) {
    const entry = checkpoints[index]!;
    const next = checkpoints[index + 1];
    if (next !== undefined && next.epoch !== entry.epoch + 1n) break;
    const later = checkpoints.slice(index).map(({ epoch }) => epoch + 1n);
    const times = entry.cores.map((core, coreId) => {
      if (core.lastTimestampNs !== 0n) return core.lastTimestampNs;
      if (core.nextSequence === 0n) return NEVER_NS;
      const segments = later.map((epoch) => layout.segment(epoch, coreId));
      return firstTimeOf(fileSystem, segments, coreId);
    });
    candidates.push({ entry, throughNs: times.reduce(laterOf) });
  }
  return candidates;
}

function laterOf(one: bigint | undefined, other: bigint | undefined): bigint | undefined {
  if (one === undefined || other === undefined) return undefined;
  return one > other ? one : other;
}

/**
 * The time of the first record after a checkpoint: none in it is later. A manifest that was put together again may not know its
 * own.
 */
function firstTimeOf(
  fileSystem: FileSystem,
  segments: readonly string[],
  coreId: number,
): bigint | undefined {
  for (const path of segments) {
    if (fileSystem.statusFollowing(path) === undefined) continue;
    const scanner = WalScanner.open(path, { fileSystem, coreId, tornTail: 'show' });
    try {
      if (scanner.next() === 'record') return scanner.view.timestampNs;
    } finally {
      scanner.close();
    }
  }
  return undefined;
}

function isBelow({ entry, throughNs }: Candidate, { toTimeNs, toEpoch, toSequence }: ReplayBounds): boolean {
  if (toEpoch !== undefined && entry.epoch >= toEpoch) return false;
  if (toSequence !== undefined && nextSequenceOf(entry, toSequence) > toSequence.sequence) return false;
  return toTimeNs === undefined || (throughNs !== undefined && throughNs < toTimeNs);
}

/** The sequence of a core's first record after a checkpoint. */
function nextSequenceOf({ cores }: CheckpointEntry, { coreId }: SequencePlace): bigint {
  return cores[coreId]?.nextSequence ?? 0n;
}

function hintedBy({ root }: DirectoryLayout): (finding: Finding) => Finding {
  return (finding) => withHint(finding, mendHints(root));
}

function nothingBelow(
  root: string,
  candidates: readonly Candidate[],
  { toTimeNs, toSequence }: ReplayBounds,
): StatelogError {
  const { throughNs, entry } = candidates.at(-1)!;
  const isTimed = toTimeNs !== undefined && throughNs !== undefined;
  const bound = isTimed
    ? ['--to-time', formatTime(throughNs + 1n)]
    : toSequence === undefined
      ? ['--to-epoch', String(entry.epoch + 1n)]
      : ['--to-sequence', `${toSequence.coreId}:${nextSequenceOf(entry, toSequence)}`];
  const earliest = commandText('statelog', 'wal-replay', root, ...bound, '--into', 'NEW');
  const message =
    toTimeNs !== undefined
      ? 'no checkpoint is kept that is known to lie before that time'
      : toSequence !== undefined
        ? 'no checkpoint is kept that lies before that record'
        : 'no checkpoint of an earlier epoch is kept';
  return new StatelogError('EPOCH_NOT_FOUND', message, {
    path: root,
    found: `the oldest is of epoch ${entry.epoch}${isTimed ? `, with records up to ${formatTime(throughNs)}` : ''}`,
    safe: 'nothing was written',
    hint: `the earliest that can be made again: ${earliest}; an export or a backup may go further back, and 'statelog checkpoint --keep N' keeps more`,
  });
}
