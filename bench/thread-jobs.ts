import type { ThreadWork } from './frame/threads.js';

/** What the bench does in other threads, by name. */
export const THREAD_JOBS: Readonly<Record<string, ThreadWork>> = {};
