import type { Commands } from '../cli/program/program.js';

/** Every command by its name. A command's module is loaded when the command is called. */
export const COMMANDS: Commands = {
  checkpoint: () => import('./checkpoint.js'),
  compact: () => import('./compact.js'),
  create: () => import('./create.js'),
  delete: () => import('./delete.js'),
  diff: () => import('./diff.js'),
  export: () => import('./export.js'),
  import: () => import('./import.js'),
  get: () => import('./get.js'),
  put: () => import('./put.js'),
  repair: () => import('./repair.js'),
  rescue: () => import('./rescue.js'),
  scan: () => import('./scan.js'),
  stat: () => import('./stat.js'),
  verify: () => import('./verify.js'),
  'wal-replay': () => import('./wal-replay.js'),
};
