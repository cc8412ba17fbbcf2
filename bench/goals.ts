import type { Goal } from './frame/judge.js';

/** A ratio to the originals' figure of the same thing. */
function original(row: string, part: string, figure: string, limit: number): Goal {
  const topic = figure.slice(0, figure.indexOf('.'));
  const id = figure.slice(topic.length + 1);
  return { row, part, topic, figure: id, against: { side: 'original' }, sense: 'at most', limit };
}

/** A limit in the figure's own unit. */
function within(row: string, part: string, figure: string, sense: Goal['sense'], limit: number): Goal {
  const topic = figure.slice(0, figure.indexOf('.'));
  return { row, part, topic, figure: figure.slice(topic.length + 1), sense, limit };
}

const GET = 'get, random';
const PUT = 'put, one by one';
const SCAN = 'scan';
const ON_DISK = 'get through the index as it lies on disk';
const OPEN = 'open';
const APPEND = 'WAL append';
const REPLAY = 'WAL replay';
const CHANGELOG = 'changelog push and pop';
const MULTICAST = 'multicast';
const FOLD = 'fold';
const LOG_GROWTH = Math.log(5_000_000) / Math.log(10_000);

/** What is to be reached: the table of docs/performance.md, a line for each part of a row. */
export const GOALS: readonly Goal[] = [
  within(GET, '10,000 keys: offset and length', 'state.find-few', 'at most', 200),
  original(GET, '200,000 keys: offset and length', 'state.find-usual', 0.5),
  original(GET, '200,000 keys: getRef', 'state.get-ref-usual', 0.65),
  original(GET, '1,000,000 keys: offset and length', 'state.find-many', 0.5),
  original(GET, '1,000,000 keys: getRef', 'state.get-ref-many', 0.65),
  original(PUT, 'the first 20,000 keys', 'state.put-first', 0.01),
  original(PUT, '200,000 keys, to their bulk restore', 'state.put-memory', 0.8),
  original(PUT, '200,000 keys over a state file', 'state.put-file', 0.8),
  growth('ascending order, 10,000 to 5,000,000 keys: log n', 'put-ascending'),
  growth('random order, 10,000 to 5,000,000 keys: log n', 'put-random'),
  within(PUT, 'p99.99 in memory', 'state.put-p9999-memory', 'at most', 1),
  within(PUT, 'p99.99 over a state file', 'state.put-p9999-file', 'at most', 1),
  original(SCAN, 'all of 200,000, by cursor', 'state.scan-usual', 1),
  original(SCAN, 'prefix of 10 of 200,000', 'state.prefix-usual', 0.6),
  original(ON_DISK, '200,000 keys', 'state.find-on-disk-usual', 1.5),
  original(ON_DISK, '1,000,000 keys', 'state.find-on-disk-many', 1.5),
  within(OPEN, '1,000,000 keys, mapped', 'state.open-many', 'at most', 1),
  original(OPEN, 'the index loaded, 200,000 keys', 'state.load-usual', 0.7),
  original(OPEN, 'the index loaded, 1,000,000 keys', 'state.load-many', 0.7),
  original('save index', '200,000 keys', 'state.save-index-usual', 1.5),
  within('memory', "the store's index, a key, beyond the key itself", 'state.index-bytes', 'at most', 48),
  original(APPEND, 'direct', 'wal.append', 0.7),
  original(APPEND, 'through StorageIo, syncs overlapping', 'wal.append-overlapped', 0.7),
  {
    ...within(APPEND, 'durable groups, to bare writes and syncs', 'wal.groups', 'at least', 0.8),
    against: { side: 'bare disk' },
  },
  original(REPLAY, 'decode and checksum', 'wal.decode', 0.7),
  within(REPLAY, 'decode and checksum', 'wal.decode-rate', 'at least', 500),
  within(REPLAY, 'into a store', 'wal.replay-rate', 'at least', 500),
  original(CHANGELOG, 'one thread', 'changelog.push-pop', 1.1),
  within(CHANGELOG, 'two threads', 'changelog.two-threads', 'at least', 40),
  original(MULTICAST, 'publish and 4 consumes, values, one thread', 'multicast.values', 1.2),
  within(MULTICAST, 'publish, shared memory between threads', 'multicast.shared-publish', 'at most', 100),
  within(MULTICAST, 'consume, shared memory between threads', 'multicast.shared-consume', 'at most', 50),
  original(FOLD, 'apply, each batch synced', 'fold.apply', 0.7),
  original(FOLD, 'the same updates, one sync at the end', 'fold.write', 0.7),
  original(FOLD, 'open, log not compact', 'fold.open-raw', 0.7),
  original(FOLD, 'open, log compact', 'fold.open-compact', 0.7),
  original(FOLD, 'get, random', 'fold.get', 0.7),
  original(FOLD, 'prefix of 10', 'fold.range', 0.001),
];

/** A cost at 5,000,000 keys to that at 10,000. */
function growth(part: string, name: string): Goal {
  const goal = within(PUT, part, `state.growth-${name}-5000000`, 'at most', LOG_GROWTH);
  return { ...goal, against: { side: 'statelog', figure: `growth-${name}-10000` } };
}
