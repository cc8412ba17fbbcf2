import { StatelogError, isStatelogError } from '../../engine/errors.js';
import type { OpenReadableOptions } from '../../engine/inspect/open-options.js';
import type { OpenedInput } from '../../engine/inspect/input/open-input.js';
import type { ReadableStore } from '../../engine/store/store.js';
import { STANDARD_INPUT_NAME } from '../../engine/bytes/text/command-hints.js';
import { byteInput } from '../terminal/byte-input.js';
import { isUrl } from '../values/url-text.js';
import type { Terminal } from '../terminal/terminal.js';

/**
 * Tells for what a path stands: standard input for `-`, the snapshot in a bucket for a URL, what gzip compressed of a file,
 * and else the path itself.
 * @throws StatelogError as `openInput` and `remoteInput`
 */
export async function inputOf(path: string, terminal: Terminal): Promise<OpenedInput> {
  const [{ openInput }, { realFileSystem }] = await Promise.all([
    import('../../engine/inspect/input/open-input.js'),
    import('../../engine/storage-io/real/real-file-system.js'),
  ]);
  return openInput(realFileSystem(), path, await streamOf(path, terminal));
}

/** The bytes that come instead of a file of that name; undefined for a path. */
async function streamOf(path: string, terminal: Terminal): Promise<AsyncIterable<Uint8Array> | undefined> {
  if (path === STANDARD_INPUT_NAME) return byteInput(path, terminal);
  if (!isUrl(path)) return undefined;
  const { remoteInput } = await import('../remote/remote-input.js');
  return remoteInput(path, terminal);
}

/**
 * Opens whatever a path holds for reading, through gzip, too. A state directory is looked for
 * first, since most commands are about one; what the other kinds, and gzip, need is loaded only for them.
 * @throws StatelogError as `openReadable`
 */
export async function openReadableInput(
  path: string,
  terminal: Terminal,
  options: OpenReadableOptions,
): Promise<ReadableStore> {
  if (isUrl(path)) return openReadInput(path, terminal, options);
  const { openReadableDirectory } = await import('../../engine/inspect/open-directory.js');
  const directory = openReadableDirectory(path, options);
  if (directory !== undefined) return directory;
  const { openReadable } = await import('../../engine/inspect/open.js');
  try {
    return openReadable(path, options);
  } catch (error) {
    if (!isStatelogError(error, 'UNKNOWN_FORMAT')) throw error;
    return openReadInput(path, terminal, options, error);
  }
}

/** @param refusal what was wrong with the path as it lies; undefined for a URL */
async function openReadInput(
  path: string,
  terminal: Terminal,
  options: OpenReadableOptions,
  refusal?: StatelogError,
): Promise<ReadableStore> {
  const { openReadable } = await import('../../engine/inspect/open.js');
  const input = await inputOf(path, terminal);
  try {
    const [damage] = input.findings;
    // What is missing behind it cannot be told: nothing is answered from a part.
    if (damage !== undefined)
      throw refusal ?? new StatelogError('INVALID_ARTIFACT', damage.message, { path });
    const store = openReadable(path, { ...options, fileSystem: input.fileSystem });
    const close = store.close.bind(store);
    store.close = () => {
      close();
      input.close();
    };
    return store;
  } catch (error) {
    input.close();
    throw error;
  }
}
