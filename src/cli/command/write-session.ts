import type { OpenWritableOptions } from '../../engine/inspect/open.js';
import type { WritableStore } from '../../engine/store/store.js';
import type { Finding } from '../../engine/finding.js';

/** Remarks of a command that writes, beside its answer. */
export interface WriteNotices {
  notice(finding: Finding): void;
  warn(error: unknown): void;
}

/**
 * Opens a store for writing, says what recovery did, lets `work` use it, and closes it whatever
 * happens. The engine is loaded only here.
 */
export async function withWritable<T>(
  path: string,
  options: Omit<OpenWritableOptions, 'onWarning'>,
  notices: WriteNotices,
  work: (store: WritableStore) => Promise<T>,
): Promise<T> {
  const { openWritable } = await import('../../engine/inspect/open.js');
  const store = await openWritable(path, {
    ...options,
    onWarning: (error) => {
      notices.warn(error);
    },
  });
  try {
    for (const finding of store.notices) notices.notice(finding);
    return await work(store);
  } finally {
    store.close();
  }
}
