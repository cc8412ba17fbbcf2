import { lstatSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { AppendLogSnapshot } from '../../../src/engine/artifact/backends/append-log-snapshot.js';
import { openArtifact } from '../../../src/engine/artifact/read/open-artifact.js';
import { isStatelogError } from '../../../src/engine/errors.js';
import { realFileSystem } from '../../../src/engine/storage-io/real/real-file-system.js';
import { fixturePath } from '../../support/fixtures.js';

/** The codes that a hostile artifact may be refused with. */
export const REFUSALS: readonly string[] = [
  'INVALID_ARTIFACT',
  'DIGEST_MISMATCH',
  'UNFINISHED_STREAM',
  'UNKNOWN_FORMAT',
  'UNSUPPORTED_VERSION',
];

const DIRECTORY_BIT = 0o40000n;

/** Everything below a folder, links and devices as themselves: names, kinds, sizes and when they were changed. */
function tree(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .sort()
    .map((name) => {
      const { mode, size, mtimeNs } = lstatSync(path.join(folder, name), { bigint: true });
      return `${name} ${mode} ${size} ${(mode & DIRECTORY_BIT) === 0n ? mtimeNs : ''}`;
    });
}

/**
 * Imports something in an empty folder, and opens it where it lies, and throws unless both are refused with one of our
 * codes and leave no trace.
 * @param make makes it in the folder that it is given; its path
 */
export function mustRefuse(folder: string, make: (folder: string) => string): void {
  mkdirSync(path.join(folder, 'store'));
  const source = make(folder);
  const before = tree(folder).join('\n');
  const destination = path.join(folder, 'store', 'new.snap');
  const takers = {
    import: () => AppendLogSnapshot.import(source, destination).store,
    open: () => openArtifact(realFileSystem(), source),
  };
  for (const [name, take] of Object.entries(takers)) {
    if (!isRefused(take)) throw new Error(`it was taken by ${name}`);
    if (tree(folder).join('\n') !== before) throw new Error(`something was left behind by ${name}`);
  }
}

function isRefused(take: () => unknown): boolean {
  try {
    take();
    return false;
  } catch (error) {
    if (!isStatelogError(error) || !REFUSALS.includes(error.code)) throw error;
    if (error.message.length < 600) return true;
    throw new Error(`a message of ${error.message.length} characters`, { cause: error });
  }
}

/** A copy of a good artifact, spoiled. */
export function spoiledArtifact(folder: string, spoil: (artifact: string) => void): string {
  const artifact = path.join(folder, 'artifact');
  mkdirSync(path.join(artifact, 'data'), { recursive: true });
  for (const file of ['MANIFEST.json', 'data/fold.snap']) {
    writeFileSync(path.join(artifact, file), readFileSync(fixturePath(`artifact/${file}`)));
  }
  spoil(artifact);
  return artifact;
}
