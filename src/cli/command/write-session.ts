import type { OpenWritableOptions } from '../../engine/inspect/open-options.js';
import type { WritableStore } from '../../engine/store/store.js';
import type { Finding } from '../../engine/finding.js';

/** Remarks of a command that writes, beside its answer. */
export interface WriteNotices {
  notice(finding: Finding): void;
  warn(error: unknown): void;
}

/** How a command opens a store for writing; what it is warned of goes to its notices. */
export type Opening = Omit<OpenWritableOptions, 'onWarning'>;

/**
 * Opens a store for writing, and says what recovery did. The engine is loaded only here.
 * @throws StatelogError as `openWritable`
 */
export async function openForWriting(
  path: string,
  options: Opening,
  notices: WriteNotices,
): Promise<WritableStore> {
  const opening: OpenWritableOptions = {
    ...options,
    onWarning: (error) => {
      notices.warn(error);
    },
  };
  const { openWritableDirectory } = await import('../../engine/inspect/open-directory.js');
  const store = (await openWritableDirectory(path, opening)) ?? (await openAny(path, opening));
  for (const finding of store.notices) notices.notice(finding);
  return store;
}

/** Opens a store for writing, lets `work` use it, and closes it whatever happens. */
export async function withWritable<T>(
  path: string,
  options: Opening,
  notices: WriteNotices,
  work: (store: WritableStore) => Promise<T>,
): Promise<T> {
  const store = await openForWriting(path, options, notices);
  try {
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
