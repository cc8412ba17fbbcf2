import type { Side } from './frame/figure.js';
import type { Goal } from './frame/judge.js';
import { HOSTILE_FIGURES } from './hostile.js';

/** One part of a row: what it is of, and the figure of ours, as `topic.figure`. */
type Part = readonly [part: string, figure: string];

/** A limit in the figure's own unit. */
function within(row: string, [part, figure]: Part, sense: Goal['sense'], limit: number): Goal {
  const dot = figure.indexOf('.');
  return { row, part, topic: figure.slice(0, dot), figure: figure.slice(dot + 1), sense, limit };
}

/** A ratio to another side's figure of the same name. */
function against(side: Side, row: string, part: Part, limit: number, sense: Goal['sense'] = 'at most'): Goal {
  return { ...within(row, part, sense, limit), against: { side } };
}

/** A ratio to the originals' figure of the same thing. */
function original(row: string, part: string, figure: string, limit: number): Goal {
  return against('original', row, [part, figure], limit);
}

/** The cost with 5,000,000 keys to that with 10,000. */
function growth(row: string, part: string, name: string): Goal {
  const log = Math.log(5_000_000) / Math.log(10_000);
  const goal = within(row, [part, `state.${name}-5000000`], 'at most', log);
  return { ...goal, against: { side: 'statelog', figure: `${name}-10000` } };
}

const GET = 'get, random';
const PUT = 'put, one by one';
const BULK = 'bulk put into a state directory, WAL and sync included';
const BESIDE = 'a checkpoint beside the puts';
const SCAN = 'full scan; prefix scan of 10';
const ON_DISK = 'get through the index as it lies on disk';
const OPEN = 'open; the index loaded';
const APPEND = 'WAL append';
const REPLAY = 'WAL replay; decode';
const CHANGELOG = 'changelog push and pop';
const MULTICAST = 'multicast publish and consume';
const FOLD = 'fold apply, open, get';
const TRANSFER = 'export, import';
const COPY = 'export, import beside cp';
const VERIFY = 'verify';
const PRINT = 'printing to a pipe, processor time';
const MEMORY = 'memory';
const SOAK = 'half the peak rate for half an hour';
const LOAD = 'put --batch of 200,000 lines, processor time';
const PROCESS = 'get, put, whole process';
const SESSION = 'bash asks a session';
const MEMORY_MIB = 96;
const HOSTILE_MB_A_SECOND = 40;

/** What is to be reached: the table of docs/performance.md, a line for each part of a row. */
export const GOALS: readonly Goal[] = [
  within(GET, ['10,000 keys: offset and length', 'state.find-few'], 'at most', 200),
  original(GET, '200,000 keys: offset and length', 'state.find-usual', 0.5),
  original(GET, '200,000 keys: getRef', 'state.get-ref-usual', 0.65),
  original(GET, '1,000,000 keys: offset and length', 'state.find-many', 0.5),
  original(GET, '1,000,000 keys: getRef', 'state.get-ref-many', 0.65),
  original(PUT, '20,000 keys', 'state.put-first', 0.01),
  original(PUT, '200,000 keys, to their bulk restore', 'state.put-memory', 0.8),
  original(PUT, '200,000 keys over a state file', 'state.put-file', 0.8),
  growth(PUT, 'ascending, 5,000,000 keys to 10,000: log n', 'growth-put-ascending'),
  growth(PUT, 'random order, 5,000,000 keys to 10,000: log n', 'growth-put-random'),
  within(PUT, ['p99.99 in memory', 'state.put-p9999-memory'], 'at most', 1),
  within(PUT, ['p99.99 over a state file', 'state.put-p9999-file'], 'at most', 1),
  against('lmdb', BULK, ['40,000 keys: twice as fast', 'directory.put-log'], 1 / 2),
  against('lmdb', BULK, ['200,000 keys, each 4,096 durable', 'directory.put-groups'], 1),
  within(BESIDE, ['1,000,000 keys: 99.9 % of groups, processor', 'directory.checkpoint-stall'], 'at most', 5),
  against('classic-level', BULK, ['40,000 keys: three times as fast', 'directory.put-log'], 1 / 3),
  against('lmdb', BULK, ['200,000 keys, and a checkpoint: twice as fast', 'directory.put-bulk'], 1 / 2),
  against(
    'classic-level',
    BULK,
    ['200,000 keys, and a checkpoint: three times as fast', 'directory.put-bulk'],
    1 / 3,
  ),
  original(SCAN, 'all of 200,000, by cursor', 'state.scan-usual', 1),
  original(SCAN, 'prefix of 10 of 200,000', 'state.prefix-usual', 0.6),
  original(ON_DISK, '200,000 keys', 'state.find-on-disk-usual', 1.5),
  original(ON_DISK, '1,000,000 keys', 'state.find-on-disk-many', 1.5),
  within(OPEN, ['1,000,000 keys, mapped', 'state.open-many'], 'at most', 1),
  original(OPEN, 'loaded, 200,000 keys', 'state.load-usual', 0.7),
  original(OPEN, 'loaded, 1,000,000 keys', 'state.load-many', 0.7),
  original('save index', '200,000 keys', 'state.save-index-usual', 1.5),
  original(APPEND, 'direct', 'wal.append', 0.7),
  original(APPEND, 'through StorageIo, syncs overlapping', 'wal.append-overlapped', 0.7),
  against('bare disk', APPEND, ['durable groups, beside bare writes', 'wal.groups'], 0.8, 'at least'),
  within(REPLAY, ['into a store', 'wal.replay-rate'], 'at least', 500),
  within(REPLAY, ['decode and checksum', 'wal.decode-rate'], 'at least', 500),
  original(REPLAY, 'decode and checksum', 'wal.decode', 0.7),
  original(CHANGELOG, 'one thread', 'changelog.push-pop', 1.1),
  within(CHANGELOG, ['two threads', 'changelog.two-threads'], 'at least', 40),
  original(MULTICAST, 'publish and 4 consumes, values, one thread', 'multicast.values', 1.2),
  within(MULTICAST, ['publish between threads', 'multicast.shared-publish'], 'at most', 100),
  within(MULTICAST, ['consume between threads', 'multicast.shared-consume'], 'at most', 50),
  original(FOLD, 'apply, each batch synced (theirs are not)', 'fold.apply', 0.7),
  original(FOLD, 'the same updates, one sync at the end', 'fold.write', 0.7),
  original(FOLD, 'open, log not compact', 'fold.open-raw', 0.7),
  original(FOLD, 'open, log compact', 'fold.open-compact', 0.7),
  original(FOLD, 'get, random', 'fold.get', 0.7),
  original('fold prefix of 10', 'of 200,000 keys', 'fold.range', 0.001),
  original(TRANSFER, 'export a fold', 'artifact.fold-export', 0.3),
  original(TRANSFER, 'import a fold', 'artifact.fold-import', 0.3),
  original(TRANSFER, 'export a state directory', 'artifact.state-export', 0.3),
  original(TRANSFER, 'import a state directory', 'artifact.state-import', 0.3),
  against('cp', COPY, ['export a fold, values of 4 KiB', 'artifact.fold-export-long'], 1.5),
  against('cp', COPY, ['import a fold, values of 4 KiB', 'artifact.fold-import-long'], 1.5),
  against('cp', COPY, ['export a state directory, 4 KiB', 'artifact.state-export-long'], 1.5),
  against('cp', COPY, ['import a state directory, 4 KiB', 'artifact.state-import-long'], 1.5),
  within(VERIFY, ['a WAL of 192-byte records', 'verify.wal'], 'at least', 1000),
  within(VERIFY, ['a state file of 4 KiB values', 'verify.state'], 'at least', 1500),
  within(VERIFY, ['a fold log of 4 KiB values', 'verify.fold'], 'at least', 1500),
  ...HOSTILE_FIGURES.map(([part, figure]) =>
    within('verify, whatever the bytes', [part, `hostile.${figure}`], 'at least', HOSTILE_MB_A_SECOND),
  ),
  within(PRINT, ['wal-replay, text', 'cli.replay-text'], 'at least', 150),
  within(PRINT, ['wal-replay --json', 'cli.replay-json'], 'at least', 100),
  against('sqlite3', PRINT, ['scan of 200,000 entries', 'cli.scan'], 1.5),
  within(MEMORY, ['wal-replay', 'cli.memory-replay'], 'at most', MEMORY_MIB),
  within(MEMORY, ['verify, a log', 'cli.memory-verify'], 'at most', MEMORY_MIB),
  within(MEMORY, ['verify, a state directory', 'cli.memory-verify-state'], 'at most', MEMORY_MIB),
  within(MEMORY, ['export', 'cli.memory-export'], 'at most', MEMORY_MIB),
  within(MEMORY, ['import', 'cli.memory-import'], 'at most', MEMORY_MIB),
  within(MEMORY, ['repair', 'cli.memory-repair'], 'at most', MEMORY_MIB),
  within(MEMORY, ["the store's index, each key, without the key", 'state.index-bytes'], 'at most', 48),
  against('sqlite3', LOAD, ['beside .import', 'cli.load'], 1.2),
  against('bare node', PROCESS, ['get, 1,000 keys', 'cli.get-few'], 1.2),
  against('bare node', PROCESS, ['get, 1,000,000 keys', 'cli.get-many'], 1.2),
  against('bare node', PROCESS, ['put, 1,000 keys', 'cli.put-few'], 1.3),
  against('bare node', PROCESS, ['put, 1,000,000 keys', 'cli.put-many'], 1.3),
  within(SESSION, ['reads, 64 in flight: 20,000 a second', 'session.session-reads-64'], 'at most', 50_000),
  within(
    SESSION,
    ['durable puts, 64 in flight: 5,000 a second', 'session.session-puts-64'],
    'at most',
    200_000,
  ),
  ...['reads-64', 'puts-64', 'mixed-64', 'reads-1', 'puts-1'].map((work) =>
    against('sqlite3', SESSION, [work.replace('-', ', in flight: '), `session.session-${work}`], 1.5),
  ),
  {
    ...within(SOAK, ["99.9 % of groups: 50 ms, or 5 of the disk's own", 'soak.group-999'], 'at most', 1),
    against: { side: 'bare disk', figure: 'group-999-allowed' },
  },
  within(SOAK, ['memory, grown', 'soak.memory-growth'], 'at most', 16),
];
