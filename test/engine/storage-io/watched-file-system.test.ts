import { writeFileSync } from 'node:fs';
import path from 'node:path';
import test from 'ava';
import { realFileSystem } from '../../../src/engine/storage-io/real/real-file-system.js';
import { watchedFileSystem } from '../../../src/engine/storage-io/views/watched-file-system.js';
import { tempDir } from '../../support/temp-dir.js';

test('each read of a file that is opened is told of, with its place, and reads what is there', (t) => {
  const file = path.join(tempDir(t), 'file');
  writeFileSync(file, 'abcdef');
  const told: unknown[] = [];
  const fileSystem = watchedFileSystem(realFileSystem(), (...read) => told.push(read));
  const descriptor = fileSystem.openRead(file);
  const bytes = Buffer.alloc(3);
  t.is(fileSystem.read(descriptor, bytes, 0, 3, 2), 3);
  t.is(bytes.toString(), 'cde');
  t.is(fileSystem.read(descriptor, bytes, 0, 3, 5), 1);
  fileSystem.close(descriptor);
  t.deepEqual(told, [
    [file, 2, 6],
    [file, 5, 6],
  ]);
});
