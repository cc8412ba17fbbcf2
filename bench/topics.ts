import { artifactTopic } from './artifact.js';
import { changelogTopic } from './changelog.js';
import { cliTopic } from './cli.js';
import { sessionTopic } from './cli/session.js';
import { directoryTopic } from './directory.js';
import { foldTopic } from './fold.js';
import { hostileTopic } from './hostile.js';
import type { BenchTopic } from './frame/task.js';
import { multicastTopic } from './multicast.js';
import { soakTopic } from './soak.js';
import { stateTopic } from './state.js';
import { verifyTopic } from './verify.js';
import { walTopic } from './wal.js';

/** All topics, in the order in which they are measured. */
export const BENCH_TOPICS: readonly BenchTopic[] = [
  changelogTopic,
  multicastTopic,
  stateTopic,
  walTopic,
  foldTopic,
  directoryTopic,
  artifactTopic,
  verifyTopic,
  hostileTopic,
  cliTopic,
  sessionTopic,
  soakTopic,
];
