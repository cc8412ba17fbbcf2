import { cpSync } from 'node:fs';
import path from 'node:path';
import test from 'ava';
import { StateDirectory } from '../../../src/engine/directory/state-directory.js';
import { verifyPath } from '../../../src/engine/inspect/verify/verify-path.js';
import type { FileSystem } from '../../../src/engine/storage-io/interface/file-system.js';
import { realFileSystem } from '../../../src/engine/storage-io/real/real-file-system.js';
import { tempDir } from '../../support/temp-dir.js';

/* A writer makes a checkpoint, drops older ones and goes on while a store is verified: nothing of that is damage. */

const BY_PATH = new Set(['openRead', 'status', 'statusFollowing', 'readDirectory', 'lockOwner', 'realPath']);

interface Moving {
  readonly fileSystem: FileSystem;
  /** Calls so far that name a path. */
  readonly calls: () => number;
}

/** Shows `before` below `root`, and from the `moment`th call on that names a path `after`; the folder itself stays the one it is. */
function movingFileSystem(root: string, before: string, after: string, moment: number): Moving {
  let calls = 0;
  const fileSystem = new Proxy(realFileSystem(), {
    get: (inner, name) => {
      const member = Reflect.get(inner, name) as unknown;
      if (typeof member !== 'function') return member;
      const bound = member.bind(inner) as (...args: unknown[]) => unknown;
      if (!BY_PATH.has(String(name))) return bound;
      return (asked: string, ...rest: unknown[]) =>
        bound(asked.replace(root, calls++ < moment || isLookAt(name, asked, root) ? before : after), ...rest);
    },
  });
  return { fileSystem, calls: () => calls };
}

function isLookAt(call: string | symbol, asked: string, folder: string): boolean {
  return asked === folder && (call === 'status' || call === 'statusFollowing');
}

test('whenever a checkpoint is made while a store is verified, no damage is seen', async (t) => {
  const folder = tempDir(t);
  const [root, before, after] = ['root', 'before', 'after'].map((name) => path.join(folder, name)) as [
    string,
    string,
    string,
  ];
  StateDirectory.create(before, { cores: 2 });
  const fill = async (place: string, round: string, keep: number): Promise<void> => {
    const store = await StateDirectory.open(place);
    for (let key = 0; key < 8; key++) store.put(Buffer.from(`${key}`), Buffer.from(round));
    await store.checkpoint({ keep });
    store.put(Buffer.from('live'), Buffer.from(round));
    await store.sync();
    store.close();
  };
  await fill(before, 'one', 2);
  await fill(before, 'two', 2);
  cpSync(before, after, { recursive: true });
  await fill(after, 'three', 1);
  await fill(after, 'four', 1);
  let moments = Infinity;
  for (let moment = 0; moment < moments; moment++) {
    const { fileSystem, calls } = movingFileSystem(root, before, after, moment);
    const found = [...verifyPath(fileSystem, root, { quick: false })];
    t.deepEqual(
      found.filter(({ severity }) => severity === 'damage').map(({ class: kind, file }) => `${kind} ${file}`),
      [],
      `the manifest moves before call ${moment}`,
    );
    if (calls() <= moment) moments = moment;
  }
  t.true(moments > 20);
});
