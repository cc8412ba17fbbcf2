import { execFileSync } from 'node:child_process';
import { closeSync, constants, openSync, readSync } from 'node:fs';
import path from 'node:path';
import test from 'ava';
import {
  kindOfDescriptor,
  openPipeAgain,
  writeAtOnce,
} from '../../../src/engine/storage-io/real/standard-descriptor.js';
import { tempDir } from '../../support/temp-dir.js';

test('a descriptor is told by what it leads to, and the null device is as a file', (t) => {
  const folder = tempDir(t);
  const fifo = path.join(folder, 'fifo');
  execFileSync('mkfifo', [fifo]);
  for (const [file, kind] of [
    [path.join(folder, 'file'), 'file'],
    [fifo, 'pipe'],
    ['/dev/null', 'file'],
    ['/dev/ptmx', 'device'],
  ] as const) {
    const descriptor = openSync(file, constants.O_RDWR | constants.O_CREAT | constants.O_NOCTTY);
    t.is(kindOfDescriptor(descriptor), kind, file);
    closeSync(descriptor);
    t.is(kindOfDescriptor(descriptor), 'other', 'closed');
  }
});

test('a pipe takes what it has room for, though its descriptor waits for the reader', (t) => {
  const fifo = path.join(tempDir(t), 'fifo');
  execFileSync('mkfifo', [fifo]);
  const descriptor = openSync(fifo, constants.O_RDWR);
  const again = openPipeAgain(descriptor)!;
  try {
    const bytes = new Uint8Array(1024 * 1024).fill(7);
    const taken = writeAtOnce(again, bytes);
    t.true(taken > 0 && taken < bytes.length);
    t.is(writeAtOnce(again, bytes), 0, 'full');
    t.is(readSync(descriptor, new Uint8Array(bytes.length)), taken);
    t.is(writeAtOnce(again, bytes.subarray(0, 100)), 100);
  } finally {
    closeSync(again);
    closeSync(descriptor);
  }
  t.is(writeAtOnce(again, new Uint8Array(1)), 0, 'closed');
  t.is(openPipeAgain(descriptor), undefined, 'closed');
});
