import type { DirectoryLayout } from '../../directory/manifest/layout.js';
import { readManifest } from '../../directory/manifest/manifest-file.js';
import type { CheckpointEntry, DirectoryManifest } from '../../directory/manifest/manifest.js';
import { withoutMarks } from '../../directory/manifest/source-mark.js';
import { openCheckpoint } from '../../directory/read/open-checkpoint.js';
import { fragmentationOf } from '../../state/format/format.js';
import type { FileSystem } from '../../storage-io/interface/file-system.js';
import { treeBytes } from '../../storage-io/whole/tree-bytes.js';
import { closeEach } from '../../storage-io/whole/close-each.js';
import { attempt } from './stat-problem.js';
import type { CheckpointStat, StatReport } from './stat-report.js';

/** Describes a state directory's manifest and each checkpoint's files; `fragmentation` is the newest one's. */
export function statCheckpoints(fileSystem: FileSystem, layout: DirectoryLayout): Partial<StatReport> {
  const manifest = readManifest(fileSystem, layout);
  const checkpoints = manifest.checkpoints.map((entry) =>
    statCheckpoint(fileSystem, layout, manifest, entry),
  );
  const { cores, keep } = manifest;
  const newest = checkpoints.at(-1);
  const fragmentation = newest === undefined ? 0 : newest.fragmentation;
  return { cores, keep, checkpoints, ...(fragmentation === undefined ? {} : { fragmentation }) };
}

/** How many lines were taken, by source, as text. */
export function sourcesText(sources: ReadonlyMap<string, bigint>): Record<string, string> {
  return Object.fromEntries([...withoutMarks(sources)].map(([name, lines]) => [name, String(lines)]));
}

function statCheckpoint(
  fileSystem: FileSystem,
  layout: DirectoryLayout,
  manifest: DirectoryManifest,
  entry: CheckpointEntry,
): CheckpointStat {
  const named = {
    epoch: String(entry.epoch),
    sources: sourcesText(entry.sources),
    watermark: entry.watermark === undefined ? null : String(entry.watermark),
  };
  const files = attempt(() => measureFiles(fileSystem, layout, manifest, entry));
  return 'problem' in files ? { ...named, problem: files.problem } : { ...named, ...files.value };
}

function measureFiles(
  fileSystem: FileSystem,
  layout: DirectoryLayout,
  manifest: DirectoryManifest,
  entry: CheckpointEntry,
): Pick<CheckpointStat, 'keys' | 'bytes' | 'fragmentation'> {
  const files = openCheckpoint({ fileSystem, layout, manifest, mapping: 'never' }, entry);
  try {
    const sum = (of: (file: (typeof files)[number]) => number): number =>
      files.reduce((total, file) => total + of(file), 0);
    return {
      keys: sum(({ count }) => count),
      bytes: treeBytes(fileSystem, layout.checkpoint(entry.epoch)),
      fragmentation: fragmentationOf(
        sum(({ liveBytes }) => liveBytes),
        sum(({ writePos }) => writePos),
      ),
    };
  } finally {
    closeEach(files);
  }
}
