import { dirname, resolve } from 'node:path';
import { toUtf8 } from '../bytes/text/text.js';
import { StatelogError } from '../errors.js';
import { identitiesAround } from '../inspect/identities-around.js';
import { isOwn, storeAround } from '../inspect/lies-in-store.js';
import { anchoredPlace } from '../storage-io/views/anchored-file-system.js';
import { replaceFile } from '../storage-io/whole/atomic-write.js';
import { writeToSpecialFile } from '../storage-io/real/byte-streams.js';
import type { FileSystem } from '../storage-io/interface/file-system.js';
import { realFileSystem } from '../storage-io/real/real-file-system.js';
import { danglingLink, isDanglingLink, notAFileError } from '../storage-io/interface/system-error.js';

/**
 * A file that a report is to be written to, looked at before any work: a new name, a plain file that is replaced, a link,
 * whose target is, or a device or FIFO, which is written to and stays.
 */
export class ReportFile {
  readonly #fileSystem: FileSystem;
  readonly #path: string;
  readonly #isSpecial: boolean;
  readonly #destination: string | undefined;

  private constructor(fileSystem: FileSystem, path: string, isSpecial: boolean, destination?: string) {
    this.#destination = destination;
    this.#fileSystem = fileSystem;
    this.#path = path;
    this.#isSpecial = isSpecial;
  }

  /**
   * Judges a path.
   * @param kept what the work reads and makes: neither it nor anything in it may be written over
   * @param destination what the work makes, if it is a file: where it is the report's path too, the work is done, and the
   * report refused, since what was made is worth more
   * @throws StatelogError `SAME_PATH` for one of these and for whatever is statelog's own; `NOT_A_FILE` for a folder;
   * `NOT_FOUND` where there is no folder for it
   */
  static at(
    path: string,
    kept: readonly string[],
    destination?: string,
    fileSystem: FileSystem = realFileSystem(),
  ): ReportFile {
    const found = fileSystem.statusFollowing(path);
    if (found === undefined && isDanglingLink(fileSystem, path)) throw danglingLink(path, 'NOT_FOUND');
    if (found !== undefined && ['device', 'fifo', 'socket'].includes(found.kind)) {
      return new ReportFile(fileSystem, path, true);
    }
    if (found?.kind === 'directory') throw notAFileError('open', path, found.kind);
    const folder = dirname(resolve(path));
    if (fileSystem.statusFollowing(folder)?.kind !== 'directory') {
      throw new StatelogError('NOT_FOUND', `there is no folder ${folder} for it`, { path });
    }
    const around = identitiesAround(fileSystem, path);
    if (destination !== undefined && identitiesAround(fileSystem, destination)[0] === around[0]) {
      return new ReportFile(fileSystem, path, false, destination);
    }
    for (const one of kept) {
      if (around.includes(identitiesAround(fileSystem, one)[0]!))
        throw ours(path, `it is ${one}, or lies in it`);
    }
    if (found !== undefined && isOwn(fileSystem, path)) throw ours(path, "it is one of statelog's own files");
    if (storeAround(fileSystem, path) !== undefined) throw ours(path, 'it lies in a store or a snapshot');
    const target = found === undefined ? path : fileSystem.realPath(path);
    return new ReportFile(fileSystem, target, false);
  }

  /**
   * Writes the report, or other content: a file whole or not at all.
   * @throws StatelogError `SAME_PATH` where it is what was made
   */
  async write(content: string | Uint8Array): Promise<void> {
    const bytes = typeof content === 'string' ? toUtf8(content) : content;
    if (this.#destination !== undefined) throw ours(this.#path, 'it is what was made, which is whole');
    if (this.#isSpecial) await writeToSpecialFile(this.#path, bytes);
    else replaceFile(anchoredPlace(this.#fileSystem, this.#path), this.#path, bytes);
  }
}

function ours(path: string, why: string): StatelogError {
  return new StatelogError('SAME_PATH', `it would be written over something that is kept: ${why}`, {
    path,
    safe: 'nothing was changed',
    hint: 'name another file',
  });
}
