import { cpSync, linkSync, mkdirSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { AppendLogSnapshot } from '../../../src/engine/artifact/backends/append-log-snapshot.js';
import { stageArtifactStream } from '../../../src/engine/artifact/read/stage-artifact.js';
import { isStatelogError } from '../../../src/engine/errors.js';
import { realFileSystem } from '../../../src/engine/storage-io/real/real-file-system.js';
import { fixturePath } from '../../support/fixtures.js';
import { tempDir } from '../../support/temp-dir.js';
import { hostileFolders } from './hostile-folders.js';
import { hostileManifests } from './hostile-manifests.js';
import { hostileTars } from './hostile-tars.js';
import { mustRefuse, REFUSALS, spoiledArtifact } from './must-refuse.js';

/** Imports something in a folder of its own and sees that it is refused and leaves no trace. */
function refused(t: ExecutionContext, name: string, make: (folder: string) => string): void {
  t.notThrows(() => mustRefuse(tempDir(t), make), name);
}

for (const [name, bytes] of hostileTars) {
  test(`a tar with ${name} is refused and leaves nothing behind`, async (t) => {
    refused(t, name, (folder) => {
      const file = path.join(folder, 'hostile.tar');
      writeFileSync(file, bytes);
      return file;
    });
    const staging = path.join(tempDir(t), 'staging');
    mkdirSync(staging);
    const chunks = Array.from({ length: Math.ceil(bytes.length / 777) }, (_, index) =>
      bytes.subarray(index * 777, index * 777 + 777),
    );
    const error = await t.throwsAsync(
      stageArtifactStream(chunks, 'standard input', staging, { fileSystem: realFileSystem() }),
    );
    t.true(isStatelogError(error) && REFUSALS.includes(error.code));
  });
}

for (const [name, content] of hostileManifests) {
  test(`a manifest with ${name} is refused and leaves nothing behind`, (t) => {
    refused(t, name, (folder) =>
      spoiledArtifact(folder, (artifact) => {
        writeFileSync(path.join(artifact, 'MANIFEST.json'), content);
      }),
    );
  });
}

for (const [name, spoil] of Object.entries(hostileFolders)) {
  test(`a folder with ${name} is refused and leaves nothing behind`, (t) => {
    refused(t, name, (folder) => spoiledArtifact(folder, spoil));
  });
}

test('a hard link to the payload is a file like any other', (t) => {
  const folder = tempDir(t);
  const artifact = path.join(folder, 'artifact');
  cpSync(fixturePath('artifact'), artifact, { recursive: true });
  linkSync(path.join(artifact, 'data/fold.snap'), path.join(folder, 'second-name'));
  const destination = path.join(folder, 'x.snap');
  AppendLogSnapshot.import(artifact, destination).store.close();
  t.not(statSync(destination).ino, statSync(path.join(folder, 'second-name')).ino);
});
