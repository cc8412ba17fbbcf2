import type { Commands } from '../cli/program/program.js';

/** Every command by its name. A command's module is loaded when the command is called. */
export const COMMANDS: Commands = {
  checkpoint: () => import('./store/checkpoint.js'),
  compact: () => import('./store/compact.js'),
  completion: () => import('./shell/completion.js'),
  create: () => import('./store/create.js'),
  delete: () => import('./store/delete.js'),
  diff: () => import('./rescue/diff.js'),
  export: () => import('./transfer/export.js'),
  import: () => import('./transfer/import.js'),
  inspect: () => import('./rescue/inspect.js'),
  list: () => import('./remote/list.js'),
  get: () => import('./store/get.js'),
  pull: () => import('./remote/pull.js'),
  push: () => import('./remote/push.js'),
  prune: () => import('./remote/prune.js'),
  put: () => import('./store/put.js'),
  repair: () => import('./rescue/repair.js'),
  replicate: () => import('./remote/replicate.js'),
  rescue: () => import('./rescue/rescue.js'),
  scan: () => import('./store/scan.js'),
  session: () => import('./store/session.js'),
  status: () => import('./remote/status.js'),
  stat: () => import('./store/stat.js'),
  verify: () => import('./rescue/verify.js'),
  'wal-replay': () => import('./logs/wal-replay.js'),
};
