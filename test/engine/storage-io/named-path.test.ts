import { mkdirSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import test from 'ava';
import { StateDirectory } from '../../../src/engine/directory/state-directory.js';
import { openReadable } from '../../../src/engine/inspect/open.js';
import { namedPath } from '../../../src/engine/storage-io/owners/named-path.js';
import { realFileSystem } from '../../../src/engine/storage-io/real/real-file-system.js';
import { tempDir } from '../../support/temp-dir.js';

/* A path that goes up through a link leads where the system says, and not where its text does. */

test('a path goes up from what a link leads to; others stay as they are', (t) => {
  const folder = tempDir(t);
  mkdirSync(path.join(folder, 'other/in'), { recursive: true });
  mkdirSync(path.join(folder, 'plain'));
  symlinkSync('other/in', path.join(folder, 'link'));
  symlinkSync('nowhere', path.join(folder, 'dangling'));
  const found = (name: string): string => namedPath(realFileSystem(), `${folder}/${name}`);
  t.is(found('link/../store'), `${folder}/other/store`);
  t.is(found('plain/../link/.././store/x'), `${folder}/other/./store/x`);
  t.is(found('link/'), `${folder}/other/in`);
  t.is(found('link/.'), `${folder}/other/in`);
  for (const name of [
    'store',
    'plain/../store',
    'plain/',
    'plain/.',
    'link',
    'link/x',
    'dangling/',
    'new/',
    'a..b/..c',
  ]) {
    t.is(found(name), `${folder}/${name}`);
  }
  for (const name of ['..', '../../x', './../x', '/', '/..', 'x'])
    t.is(namedPath(realFileSystem(), name), name);
  for (const name of ['missing/../store', 'dangling/../store']) {
    t.throws(() => found(name), {
      code: 'NOT_FOUND',
      message: new RegExp(`there is no folder .*/${path.dirname(name)}`),
    });
  }
});

test('a store beside what a link leads to is opened and made there, and not beside the link', async (t) => {
  const folder = tempDir(t);
  mkdirSync(path.join(folder, 'other/in'), { recursive: true });
  symlinkSync('other/in', path.join(folder, 'link'));
  const place = `${folder}/link/../store`;
  StateDirectory.create(path.join(folder, 'store'));
  StateDirectory.create(place);
  const store = await StateDirectory.open(place);
  store.put(Buffer.from('a'), Buffer.from('1'));
  await store.sync();
  store.close();
  const countIn = (name: string): number => {
    const opened = openReadable(`${folder}/${name}`);
    try {
      return opened.count();
    } finally {
      opened.close();
    }
  };
  t.deepEqual(['link/../store', 'other/store', 'store'].map(countIn), [1, 1, 0]);
});
