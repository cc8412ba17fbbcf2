import { pushChanges } from './changelog.js';
import type { ThreadWork } from './frame/threads.js';
import { publishValues } from './multicast.js';

/** What the bench does in other threads, by name. */
export const THREAD_JOBS: Readonly<Record<string, ThreadWork>> = {
  'push-changes': pushChanges,
  'publish-values': publishValues,
};
