import { execFileSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { AppendLogSnapshot } from '../../../src/engine/artifact/append-log-snapshot.js';
import { stageArtifactStream } from '../../../src/engine/artifact/stage-artifact.js';
import { isStatelogError } from '../../../src/engine/errors.js';
import { realFileSystem } from '../../../src/engine/storage-io/real-file-system.js';
import { fixturePath } from '../../support/fixtures.js';
import { tempDir } from '../../support/temp-dir.js';
import { hostileManifests } from './hostile-manifests.js';
import { FOLD, goodTar, hostileTars } from './hostile-tars.js';

const REFUSALS = [
  'INVALID_ARTIFACT',
  'DIGEST_MISMATCH',
  'UNFINISHED_STREAM',
  'UNKNOWN_FORMAT',
  'UNSUPPORTED_VERSION',
];

/** Everything below a folder, with sizes and link targets. */
function tree(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort();
}

/** Imports something in a folder of its own and sees that it is refused and leaves no trace. */
function refused(t: ExecutionContext, name: string, make: (folder: string) => string): void {
  const folder = tempDir(t);
  mkdirSync(path.join(folder, 'store'));
  const source = make(folder);
  const before = tree(folder);
  try {
    AppendLogSnapshot.import(source, path.join(folder, 'store', 'new.snap'));
    t.fail(`${name} was taken`);
  } catch (error) {
    if (!isStatelogError(error)) throw error;
    t.true(REFUSALS.includes(error.code), `${name}: ${error.code}`);
    t.true(error.message.length < 600, `${name}: a message of ${error.message.length} characters`);
  }
  t.deepEqual(tree(folder), before, name);
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
    refused(t, name, (folder) => {
      const artifact = path.join(folder, 'artifact');
      cpSync(fixturePath('artifact'), artifact, { recursive: true });
      rmSync(path.join(artifact, 'MANIFEST.json'));
      writeFileSync(path.join(artifact, 'MANIFEST.json'), content);
      return artifact;
    });
  });
}

const folders: Record<string, (artifact: string) => void> = {
  'no manifest': (artifact) => {
    rmSync(path.join(artifact, 'MANIFEST.json'));
  },
  'no data': (artifact) => {
    rmSync(path.join(artifact, 'data'), { recursive: true });
  },
  'an empty data folder': (artifact) => {
    rmSync(path.join(artifact, 'data/fold.snap'));
  },
  'a manifest of 1 GiB': (artifact) => {
    truncateSync(path.join(artifact, 'MANIFEST.json'), 2 ** 30);
  },
  'a manifest that is a link': (artifact) => {
    renameSync(path.join(artifact, 'MANIFEST.json'), path.join(artifact, '../elsewhere'));
    symlinkSync('../elsewhere', path.join(artifact, 'MANIFEST.json'));
  },
  'a payload that is a link': (artifact) => {
    renameSync(path.join(artifact, 'data/fold.snap'), path.join(artifact, '../elsewhere'));
    symlinkSync('../../elsewhere', path.join(artifact, 'data/fold.snap'));
  },
  'a data folder that is a link': (artifact) => {
    renameSync(path.join(artifact, 'data'), path.join(artifact, '../elsewhere'));
    symlinkSync('../elsewhere', path.join(artifact, 'data'));
  },
  'a link beside the payload': (artifact) => {
    symlinkSync('/etc/passwd', path.join(artifact, 'data/extra'));
  },
  'a FIFO beside the payload': (artifact) => {
    execFileSync('mkfifo', [path.join(artifact, 'data/extra')]);
  },
  'a FIFO as the payload': (artifact) => {
    rmSync(path.join(artifact, 'data/fold.snap'));
    execFileSync('mkfifo', [path.join(artifact, 'data/fold.snap')]);
  },
  'a FIFO as the manifest': (artifact) => {
    rmSync(path.join(artifact, 'MANIFEST.json'));
    execFileSync('mkfifo', [path.join(artifact, 'MANIFEST.json')]);
  },
  'a folder as the payload': (artifact) => {
    rmSync(path.join(artifact, 'data/fold.snap'));
    mkdirSync(path.join(artifact, 'data/fold.snap'));
  },
  'a folder as the manifest': (artifact) => {
    rmSync(path.join(artifact, 'MANIFEST.json'));
    mkdirSync(path.join(artifact, 'MANIFEST.json'));
  },
  'a file as data': (artifact) => {
    rmSync(path.join(artifact, 'data'), { recursive: true });
    writeFileSync(path.join(artifact, 'data'), 'x');
  },
  'an unlisted file': (artifact) => {
    writeFileSync(path.join(artifact, 'data/extra'), 'x');
  },
  'an unlisted file deep down': (artifact) => {
    mkdirSync(path.join(artifact, 'data/a/b/c'), { recursive: true });
    writeFileSync(path.join(artifact, 'data/a/b/c/extra'), 'x');
  },
  'a file beside data': (artifact) => {
    writeFileSync(path.join(artifact, 'extra'), 'x');
  },
  'folders without end': (artifact) => {
    mkdirSync(path.join(artifact, 'data', 'a/'.repeat(100)), { recursive: true });
  },
  'a payload a byte short': (artifact) => {
    truncateSync(path.join(artifact, 'data/fold.snap'), 13_368);
  },
  'a payload a byte long': (artifact) => {
    writeFileSync(path.join(artifact, 'data/fold.snap'), 'x', { flag: 'a' });
  },
  'a sparse payload of 8 TiB': (artifact) => {
    truncateSync(path.join(artifact, 'data/fold.snap'), 2 ** 43);
  },
  'a payload with another byte': (artifact) => {
    const bytes = readFileSync(path.join(artifact, 'data/fold.snap'));
    bytes[7000]! ^= 1;
    writeFileSync(path.join(artifact, 'data/fold.snap'), bytes);
  },
};

for (const [name, spoil] of Object.entries(folders)) {
  test(`a folder with ${name} is refused and leaves nothing behind`, (t) => {
    refused(t, name, (folder) => {
      const artifact = path.join(folder, 'artifact');
      cpSync(fixturePath('artifact'), artifact, { recursive: true });
      for (const file of ['MANIFEST.json', 'data/fold.snap']) {
        // The fixtures may be read-only, and so their copies.
        const bytes = readFileSync(path.join(artifact, file));
        rmSync(path.join(artifact, file));
        writeFileSync(path.join(artifact, file), bytes);
      }
      spoil(artifact);
      return artifact;
    });
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
