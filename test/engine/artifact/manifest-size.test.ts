import test from 'ava';
import { stageArtifactStream } from '../../../src/engine/artifact/read/stage-artifact.js';
import { encodeTarHeader } from '../../../src/engine/artifact/format/tar-header.js';
import { SimulatedFileSystem } from '../../simulated-disk/index.js';

const CLAIMS = [17 * 1024 * 1024, 2 ** 30, 2 ** 40];

test('a manifest that claims to be huge is refused by its header, before any room is made for it', async (t) => {
  for (const size of CLAIMS) {
    const fileSystem = new SimulatedFileSystem();
    fileSystem.makeDirectory('/staging');
    const header = encodeTarHeader({ kind: 'file', name: 'MANIFEST.json', size }, 0);
    const buffersBefore = process.memoryUsage().arrayBuffers;
    // The header alone: what follows is not waited for.
    await t.throwsAsync(stageArtifactStream([header], 'stream', '/staging', { fileSystem }), {
      code: 'INVALID_ARTIFACT',
      message: new RegExp(String(size)),
    });
    // Of the claim, not of what else this process keeps: the buffers of all its tests are counted.
    t.true(process.memoryUsage().arrayBuffers - buffersBefore < size / 2);
  }
});
