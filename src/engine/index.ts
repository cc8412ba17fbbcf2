/** The public API of the engine: what `import … from 'statelog'` gives, by name. */

// Failures and findings.
export { ERROR_CODES, StatelogError, isStatelogError, type ErrorCode, type ErrorDetails } from './errors.js';
export {
  DAMAGE_CLASSES,
  type DamageClass,
  type Finding,
  type Found,
  type FoundPlace,
  type LossSum,
  type LostRecords,
  type RecordBehind,
  type Severity,
} from './finding.js';

// Stores of every kind.
export type { Entry, EntryCursor, EntryRange } from './entry-cursor.js';
export type { PathKind, ReadableStore, StoredEntry, WritableStore } from './store/store.js';
export { ContentDigest } from './bytes/hash/content-digest.js';

// The changelog buffer, between a state store and its WAL.
export { StateChangelogBuffer, type CheckpointBarrier } from './changelog/buffer.js';
export { ChangelogConsumer } from './changelog/consumer.js';
export { StateChangelogEntry, StateOp } from './changelog/entry.js';
export { ChangelogProducer } from './changelog/producer.js';

// The state store.
export {
  MmapStateStore,
  type FileStoreOptions,
  type MemoryStoreOptions,
  type ReadOnlyStoreOptions,
  type StateStoreOptions,
} from './state/store/mmap-state-store.js';
export { StateSnapshot } from './state/store/state-snapshot.js';

// The write-ahead log.
export type { WalEntry, WalOperation } from './rkyv/entry/wal-entry-format.js';
export { CoreWalReader, type WalReadResult } from './wal/scan/reader.js';
export { WalSegments, type WalSegmentsOptions } from './wal/write/segments.js';
export { CoreWalWriter } from './wal/write/writer.js';
export type { CoreWalWriterOptions, DirectWalWriter } from './wal/write/direct-writer.js';

// The multicast buffer.
export type { Multicast } from './multicast/multicast.js';
export { MulticastBuffer } from './multicast/multicast-buffer.js';
export { SharedMulticastConsumer, type MulticastVisitor } from './multicast/shared-consumer.js';
export { SharedMulticastBuffer } from './multicast/shared-multicast-buffer.js';
export { SharedMulticastProducer } from './multicast/shared-producer.js';

// The fold log.
export { AppendLogSnapshot, type ExportOptions } from './artifact/backends/append-log-snapshot.js';
export type { FoldOptions, OpenedFold } from './fold/store/fold-options.js';
export { FoldScanner, type FoldScanOptions } from './fold/scan/scanner.js';
export { type KeyedUpdate, KvUpdate, type KvEntry } from './fold/format/update.js';
export { VersionToken } from './fold/format/version-token.js';
export { WatchCursor } from './fold/format/watch-cursor.js';

// Export artifacts.
export type { ArtifactFile, ExportManifest } from './artifact/format/manifest.js';
export { stageArtifact, stageArtifactStream, type StagedArtifact } from './artifact/read/stage-artifact.js';

// The state directory.
export { StateDirectory } from './directory/state-directory.js';
export { Subscription, type Change } from './directory/write/subscribers.js';

// Any path: identifying, opening, comparing, verifying, exporting and importing.
export { compareStores, type ComparedKey, type KeyOutcome } from './inspect/compare-stores.js';
export { identify, type IdentifiedKind, type PathIdentity } from './inspect/identify.js';
export { createStore, openReadable, openWritable } from './inspect/open.js';
export {
  CodedStore,
  jsonCodec,
  utf8Codec,
  type CodedEntry,
  type CodedRange,
  type Codec,
  type Codecs,
} from './store/coded-store.js';
export { verifyPath, type VerifySummary } from './inspect/verify/verify-path.js';
export { repairPath, type RepairRequest } from './repair/repair-path.js';
export type {
  LostAmount,
  LostChange,
  LostKey,
  OlderValue,
  RepairEvent,
  RepairSummary,
} from './repair/account/report.js';
export { prepareExport } from './transfer/export-store.js';
export type { ExportReport, PreparedExport } from './transfer/prepared-export.js';
export { importStore, type ImportReport, type ImportRequest } from './transfer/import-store.js';
export { importOnto, type OntoReport, type OntoRequest } from './transfer/import-increment.js';

// A fold kept equal to a NATS bucket.
export { pullBucket, type PullRequest } from './remote/nats/pull-bucket.js';
export { pushBucket, type PushReport, type PushRequest } from './remote/nats/push-bucket.js';
export type { PushCounts } from './remote/nats/push/push-changes.js';
export type { PushPolicy } from './remote/nats/push/push-to.js';
export type { PullObserver, PullProgress } from './remote/nats/pull/pull-options.js';

// The disk and the clock, for programs that replace them.
export { SystemClock, type Clock } from './storage-io/interface/clock.js';
export type { FileDescriptor, FileStatus, FileSystem, Mapping } from './storage-io/interface/file-system.js';
export { realFileSystem } from './storage-io/real/real-file-system.js';
export {
  createAsynchronousStorageIo,
  createSynchronousStorageIo,
} from './storage-io/submission/create-storage-io.js';
export { type IoCompletion, type StorageIo } from './storage-io/submission/storage-io.js';

// Types that the exports above mention.
export type { StageOptions } from './artifact/read/stage-artifact.js';
export type { ArtifactForm } from './artifact/write/write-artifact.js';
export type { MendKind } from './bytes/record-mend.js';
export type { ChangelogVisitor } from './changelog/entry-words.js';
export type { ChangelogMemory } from './changelog/layout.js';
export type { CheckpointEntry, CoreCheckpoint, DirectoryManifest } from './directory/manifest/manifest.js';
export type { Progress, SegmentState } from './directory/read/replay.js';
export type {
  DirectoryEnvironment,
  NewDirectoryOptions,
  OpenStoreOptions,
  ReadStoreOptions,
} from './directory/directory-options.js';
export type { RecoveryReport } from './directory/write/recover-log.js';
export type { CheckpointPace } from './directory/write/writer-environment.js';
export type { KeyLike } from './fold/format/update.js';
export type { OpenLog } from './fold/record/log-window.js';
export type { ReplayedLog } from './fold/scan/replay.js';
export type { FoldStep } from './fold/scan/scanner.js';
export type { AppendLogFold, FoldClass } from './fold/store/append-log-fold.js';
export type { FoldSetup } from './fold/store/fold-options.js';
export type { CutLogTail, OpenedLog } from './fold/write/open-log.js';
export type {
  CreateStoreOptions,
  OpenReadableOptions,
  OpenWritableOptions,
  StoreKind,
} from './inspect/open-options.js';
export type { LockStat } from './inspect/stat/stat-report.js';
export type { FileMapOptions } from './inspect/verify/file-map.js';
export {
  RecordTimeline,
  type CoreTimeline,
  type TimedRecord,
  type Timeline,
} from './inspect/verify/record-timeline.js';
export type { VerifyOptions } from './inspect/verify/verify-path.js';
export type { MulticastMemory } from './multicast/shared-layout.js';
export type {
  Amount,
  Filled,
  FilledAmount,
  Mended,
  NotTaken,
  RepairProgress,
  SourcePosition,
} from './repair/account/report.js';
export type { DirectoryWishes } from './repair/directory/salvage-directory.js';
export type { SourceWishes } from './repair/directory/source-positions.js';
export type { RepairWishes } from './repair/salvage.js';
export type { ArrangementWishes } from './repair/survey/arrange-directory.js';
export type { SegmentWishes } from './repair/survey/arrange-segments.js';
export type { MappingPolicy } from './state/read/state-file.js';
export type {
  AccessLists,
  BackgroundDone,
  FileKind,
  LinkPolicy,
  LockOwner,
} from './storage-io/interface/file-system.js';
export type { Unreadable, UnreadableSpan } from './storage-io/interface/unreadable-spans.js';
export type { FileLockOptions } from './storage-io/lock/file-lock.js';
export type { LockHolder } from './storage-io/lock/lock-holder.js';
export type {
  CheckpointReport,
  CompactReport,
  EntryVisitor,
  PutOptions,
  StoreChange,
  StoreCommit,
} from './store/store.js';
export type { ExportRequest } from './transfer/export-content.js';
export type { AllowedLosses } from './transfer/losses.js';
export type { ExportForm } from './transfer/prepared-export.js';
export type { CutTail, RecordVisitor, RecoveredSegment, SegmentReport } from './wal/recover/recovery.js';
export type { ClosedSegment } from './wal/scan/closed-segment.js';
export type { Locked, Reached, WalScanOptions, WrittenWithin } from './wal/scan/scan-options.js';
export type { TailState } from './wal/scan/scanner.js';
export type { UnwholeTail } from './wal/tail/tail-watch.js';
export type { GroupChange, GroupCommit } from './directory/group-change.js';
export type { StampStart } from './wal/write/record-stamp.js';

// Classes that the exports above give, and what these mention.
export type { FoldCursor } from './fold/lookup/fold-cursor.js';
export type { FoldRecord, RecordShape } from './fold/format/record.js';
export type { Cell, CellState, FileMap, RecordTimes } from './inspect/verify/file-map.js';
export type { WalTag } from './rkyv/entry/wal-entry-format.js';
export type { WalEntryView } from './rkyv/entry/wal-entry-view.js';
export type { PlaceCursor } from './state/backends/place-table.js';
export type { SegmentEntry } from './wal/folder/segment-folder.js';
export type { MergedScanner, MergeOptions } from './wal/scan/merged-scanner.js';
export type { OrderFields } from './wal/format/record-order.js';
export type { LogScanOptions, WalScanPart } from './wal/scan/scan-options.js';
export type { PassedChanges } from './wal/record/ordinary-run.js';
export type { ScanEvent, WalScanner } from './wal/scan/scanner.js';
