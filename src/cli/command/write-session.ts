import type { OpenWritableOptions } from '../../engine/inspect/open-options.js';
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
  const opening: OpenWritableOptions = {
    ...options,
    onWarning: (error) => {
      notices.warn(error);
    },
  };
  const { openWritableDirectory } = await import('../../engine/inspect/open-directory.js');
  const store = (await openWritableDirectory(path, opening)) ?? (await openAny(path, opening));
  try {
    for (const finding of store.notices) notices.notice(finding);
    return await work(store);
  } finally {
    store.close();
  }
}

/** Opens a store that is no state directory, or not there yet. */
async function openAny(path: string, options: OpenWritableOptions): Promise<WritableStore> {
  const { openWritable } = await import('../../engine/inspect/open.js');
  return openWritable(path, options);
}
