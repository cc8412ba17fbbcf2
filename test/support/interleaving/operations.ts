import { cpSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { EXIT_CODES } from '../../../src/cli/errors/exit-codes.js';
import type { OtherHands } from './other-hands-thread.js';
import type { OtherHandsAnswer } from './other-hands-worker.js';
import type { Places, Scene } from './scene.js';

/** A command that is interrupted. */
export interface Operation {
  readonly argv: (places: Places) => readonly string[];
  readonly input?: readonly string[];
  /** It prints what the store holds: that is compared, too. */
  readonly isReading?: boolean;
  /** It looks again for what it makes: that may be of a later moment than the one that made it begin. */
  readonly looksAgain?: boolean;
  readonly only?: (scene: Scene) => boolean;
  /** Codes with which it may end where a deed comes in the middle, beside those of any failure. */
  readonly codes?: readonly number[];
  /** Its failures are answers, and it ends with 0. */
  readonly answersErrors?: boolean;
  /** Deeds after which it rightly waits for ever. */
  readonly waitsAfter?: readonly string[];
}

/** What other hands do meanwhile. A command answers; what is done to names does not. */
export interface Deed {
  readonly act: (places: Places, hands: OtherHands) => OtherHandsAnswer | undefined;
  readonly only?: (scene: Scene) => boolean;
  /** Codes with which a command may end that comes upon it in the middle, beside those of any failure. */
  readonly codes?: readonly number[];
  /** Undone afterwards. */
  readonly end?: (hands: OtherHands) => void;
}

const isThere = ({ state }: Scene): boolean => state !== 'absent';
const isLog = (scene: Scene): boolean => scene.kind === 'log';
const isDirectory = (scene: Scene): boolean => scene.kind === 'directory';

/** A deed that is no command. */
function byName(act: (places: Places) => void): Deed['act'] {
  return (places) => {
    act(places);
    return undefined;
  };
}

/** By the words of the command. */
export const OPERATIONS: Readonly<Record<string, Operation>> = {
  put: { argv: ({ store }) => ['put', store, 'new', 'n1'] },
  'put --no-create': { argv: ({ store }) => ['put', store, 'new', 'n1', '--no-create'] },
  'put --if-absent': { argv: ({ store }) => ['put', store, 'd', 'n1', '--if-absent'] },
  'put --increment': { argv: ({ store }) => ['put', store, 'count', '--increment', '1'] },
  'put --batch': {
    argv: ({ store }) => ['put', store, '--batch', '-', '--tsv'],
    input: ['n1\tv\n', 'n2\tv\n'],
  },
  'put --batch --source': {
    argv: ({ store }) => ['put', store, '--batch', '-', '--tsv', '--source', 's'],
    input: ['n1\tv\n', 'n2\tv\n'],
    only: isDirectory,
  },
  delete: { argv: ({ store }) => ['delete', store, 'a'], only: isThere },
  'delete --prefix': { argv: ({ store }) => ['delete', store, '--prefix', ''], only: isThere },
  checkpoint: {
    argv: ({ store }) => ['checkpoint', store],
    only: (scene) => isThere(scene) && isDirectory(scene),
  },
  'checkpoint --keep': {
    argv: ({ store }) => ['checkpoint', store, '--keep', '1'],
    only: (scene) => isThere(scene) && isDirectory(scene),
  },
  'checkpoint --cursor': {
    argv: ({ store }) => ['checkpoint', store, '--cursor', '7'],
    only: (scene) => isThere(scene) && isLog(scene),
  },
  compact: { argv: ({ store }) => ['compact', store], only: isThere },
  'compact --drop-broken': { argv: ({ store }) => ['compact', store, '--drop-broken'], only: isThere },
  'compact --dry-run': { argv: ({ store }) => ['compact', store, '--dry-run'], only: isThere },
  create: { argv: ({ store }) => ['create', store] },
  get: { argv: ({ store }) => ['get', store, 'a'], isReading: true },
  'get of several': { argv: ({ store }) => ['get', store, 'a', 'd', '--json'], isReading: true },
  scan: { argv: ({ store }) => ['scan', store, '--json'], isReading: true },
  session: {
    argv: ({ store }) => ['session', store],
    answersErrors: true,
    input: ['{"op":"get","key":"a"}\n', '{"op":"put","key":"new","value":"n1"}\n'],
  },
  'scan --count': { argv: ({ store }) => ['scan', store, '--count'], isReading: true },
  stat: { argv: ({ store }) => ['stat', store, '--json'] },
  'stat --digest': { argv: ({ store }) => ['stat', store, '--digest', '--json'] },
  verify: { argv: ({ store }) => ['verify', store, '--json'] },
  'wal-replay': { argv: ({ store }) => ['wal-replay', store, '--json'] },
  'wal-replay --into': {
    argv: ({ store, result }) => ['wal-replay', store, '--into', result],
    only: isThere,
  },
  'wal-replay --onto-existing': {
    argv: ({ store, other }) => ['wal-replay', other, '--into', store, '--onto-existing'],
    only: isThere,
  },
  diff: { argv: ({ store, other }) => ['diff', store, other, '--json'], isReading: true },
  'export to a folder': {
    argv: ({ store, folder }) => ['export', store, path.join(folder, 'result')],
    only: isThere,
  },
  'export to a tar': {
    argv: ({ store, folder }) => ['export', store, path.join(folder, 'result.tar')],
    only: isThere,
  },
  'export to lines': {
    argv: ({ store }) => ['export', store, '-', '--as', 'ndjson'],
    isReading: true,
    only: isThere,
  },
  'import to the store': { argv: ({ store, artifact }) => ['import', artifact, store] },
  'import of the store': {
    argv: ({ store, folder }) => ['import', store, path.join(folder, 'result')],
    only: (scene) => isThere(scene) && isLog(scene),
  },
  repair: { argv: ({ store }) => ['repair', store], only: isThere },
  'repair --dry-run': { argv: ({ store }) => ['repair', store, '--dry-run'], only: isThere },
  'repair --into': { argv: ({ store, result }) => ['repair', store, '--into', result], only: isThere },
  'rescue --into': {
    argv: ({ store, result }) => ['rescue', store, '--into', result],
    looksAgain: true,
    only: isThere,
  },
  'source list': {
    argv: ({ store }) => ['source', 'list', store],
    only: (scene) => isThere(scene) && isDirectory(scene),
  },
  'source reset': {
    argv: ({ store }) => ['source', 'reset', store],
    only: (scene) => isThere(scene) && isDirectory(scene),
  },
  'wait for a value': {
    argv: ({ store }) => ['wait', store, 'a', '--value', 'a2', '--timeout', '0'],
    only: isThere,
    codes: [EXIT_CODES.no],
  },
  watch: {
    argv: ({ store }) => ['watch', store, '--limit', '1', '--json'],
    only: isThere,
    waitsAfter: [
      'it is moved away',
      'it is removed',
      'a link that leads nowhere comes there',
      'a file of nobody comes there',
    ],
  },
  wait: {
    argv: ({ store }) => ['wait', store, 'a', '--timeout', '0'],
    only: isThere,
    codes: [EXIT_CODES.no],
  },
  replicate: {
    argv: ({ store, folder }) => ['replicate', store, `file://${folder}/bucket/s`],
    only: isThere,
  },
};

/** By words that follow "while". */
export const DEEDS: Readonly<Record<string, Deed>> = {
  'another makes it': { act: ({ store }, hands) => hands.run(['create', store]) },
  'another puts': { act: ({ store }, hands) => hands.run(['put', store, 'their', 't1']) },
  'another deletes': { act: ({ store }, hands) => hands.run(['delete', store, 'a']), only: isThere },
  'another checkpoints': {
    act: ({ store }, hands) => hands.run(['checkpoint', store, '--keep', '1']),
    only: (scene) => isThere(scene) && isDirectory(scene),
  },
  'another checkpoints twice': {
    act: ({ store }, hands) => {
      hands.run(['put', store, 'a', 'a2']);
      hands.run(['checkpoint', store, '--keep', '1']);
      hands.run(['put', store, 'a', 'a2']);
      return hands.run(['checkpoint', store, '--keep', '1']);
    },
    only: (scene) => isThere(scene) && isDirectory(scene),
  },
  'another compacts': { act: ({ store }, hands) => hands.run(['compact', store]), only: isThere },
  'another puts and compacts': {
    act: ({ store }, hands) => {
      hands.run(['put', store, 'their', 't1']);
      return hands.run(['compact', store]);
    },
    only: isThere,
  },
  'another imports into it': { act: ({ store, artifact }, hands) => hands.run(['import', artifact, store]) },
  'another writer takes it': {
    act: ({ store }, hands) => hands.hold(store),
    end: (hands) => {
      hands.release();
    },
    only: isThere,
  },
  'it is moved away': {
    act: byName(({ store, moved }) => {
      renameSync(store, moved);
    }),
    only: isThere,
  },
  'it is moved away and another one takes its place': {
    act: byName(({ store, moved, other }) => {
      renameSync(store, moved);
      cpSync(other, store, { recursive: true });
    }),
    only: isThere,
  },
  'another one comes there': {
    act: byName(({ store, other }) => {
      cpSync(other, store, { recursive: true });
    }),
    only: (scene) => !isThere(scene),
  },
  'it is removed': {
    act: byName(({ store }) => {
      rmSync(store, { recursive: true });
    }),
    only: isThere,
  },
  'it is restored': {
    act: byName(({ store, older }) => {
      rmSync(store, { recursive: true });
      cpSync(older, store, { recursive: true });
    }),
    only: isThere,
  },
  'one of another kind takes its place': {
    codes: [EXIT_CODES.foreign],
    act: byName(({ store, moved, stranger }) => {
      renameSync(store, moved);
      cpSync(stranger, store, { recursive: true });
    }),
    only: isThere,
  },
  'a link to it takes its place': {
    act: byName(({ store, moved }) => {
      renameSync(store, moved);
      symlinkSync(path.basename(moved), store);
    }),
    only: isThere,
  },
  'a link that leads nowhere comes there': {
    act: byName(({ store, moved }) => {
      rmSync(store, { recursive: true, force: true });
      symlinkSync(path.basename(moved), store);
    }),
  },
  'a file of nobody comes there': {
    // Or it is taken for a log whose header is gone.
    codes: [EXIT_CODES.foreign, EXIT_CODES.damage],
    act: byName(({ store }) => {
      rmSync(store, { recursive: true, force: true });
      writeFileSync(store, 'a shopping list\n');
    }),
  },
};
