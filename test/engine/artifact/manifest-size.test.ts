import test from 'ava';
import { stageArtifactStream } from '../../../src/engine/artifact/read/stage-artifact.js';
import { encodeTarHeader } from '../../../src/engine/artifact/format/tar-header.js';
import { SimulatedFileSystem } from '../../simulated-disk/index.js';

/** Just above the limit, and more than there can be room for: to make it would fail by another error. */
const CLAIMS = [17 * 1024 * 1024, 2 ** 52];

test('a manifest that claims to be huge is refused by its header, before any room is made for it', async (t) => {
  for (const size of CLAIMS) {
    const fileSystem = new SimulatedFileSystem();
    fileSystem.makeDirectory('/staging');
    const header = encodeTarHeader({ kind: 'file', name: 'MANIFEST.json', size }, 0);
    // The header alone: what follows is not waited for.
    await t.throwsAsync(stageArtifactStream([header], 'stream', '/staging', { fileSystem }), {
      code: 'INVALID_ARTIFACT',
      message: new RegExp(String(size)),
    });
  }
});
