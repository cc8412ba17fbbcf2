import {
  cpSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
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
import { FOLD, goodTar, hostileTars } from './hostile-tars.js';
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

test('a tar that is cut at any block, or within one, is refused', (t) => {
  const folder = tempDir(t);
  for (let length = 0; length < goodTar.length; length += length % 512 === 0 ? 100 : 412) {
    const file = path.join(folder, 'cut.tar');
    writeFileSync(file, goodTar.subarray(0, length));
    const error = t.throws(() => AppendLogSnapshot.import(file, path.join(folder, 'x.snap')));
    t.true(isStatelogError(error, 'UNFINISHED_STREAM'), `${length}`);
  }
  t.deepEqual(readdirSync(folder), ['cut.tar']);
});

test('a tar with any single bit flipped is refused, or the bit means nothing', (t) => {
  const folder = tempDir(t);
  const file = path.join(folder, 'flipped.tar');
  const destination = path.join(folder, 'x.snap');
  for (let bit = 0; bit < goodTar.length * 8; bit += 97) {
    const bytes = Uint8Array.from(goodTar);
    bytes[bit >>> 3]! ^= 1 << (bit & 7);
    writeFileSync(file, bytes);
    try {
      AppendLogSnapshot.import(file, destination).store.close();
      t.deepEqual(Uint8Array.from(readFileSync(destination)), FOLD);
      rmSync(destination);
    } catch (error) {
      t.true(isStatelogError(error) && REFUSALS.includes(error.code), `bit ${bit}: ${String(error)}`);
    }
  }
  t.false(existsSync(destination));
});

test('a hard link to the payload is a file like any other', (t) => {
  const folder = tempDir(t);
  const artifact = path.join(folder, 'artifact');
  cpSync(fixturePath('artifact'), artifact, { recursive: true });
  linkSync(path.join(artifact, 'data/fold.snap'), path.join(folder, 'second-name'));
  const destination = path.join(folder, 'x.snap');
  AppendLogSnapshot.import(artifact, destination).store.close();
  t.not(statSync(destination).ino, statSync(path.join(folder, 'second-name')).ino);
});
