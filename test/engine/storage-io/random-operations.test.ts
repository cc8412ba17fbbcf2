import { mkdirSync } from 'node:fs';
import test from 'ava';
import fc from 'fast-check';
import { realFileSystem } from '../../../src/engine/storage-io/real/real-file-system.js';
import { SimulatedFileSystem, powerLossImages } from '../../simulated-disk/index.js';
import { tempDir } from '../../support/temp-dir.js';
import { PlainTree } from './plain-tree.js';
import { contentBelow, operation, perform } from './random-operations.js';

const REFUSED = /^[A-Z_]{4,} E/;

test('what the simulated disk shows is what a plain tree would', (t) => {
  fc.assert(
    fc.property(fc.array(operation, { maxLength: 40 }), (steps) => {
      const fileSystem = new SimulatedFileSystem();
      const tree = new PlainTree();
      for (const step of steps) {
        const outcome = perform(fileSystem, '', step);
        if (tree.perform(step) === REFUSED.test(outcome)) throw new Error(`${step.name}: ${outcome}`);
      }
      const found = contentBelow(fileSystem, '').sort();
      if (found.join('\n') !== tree.content().join('\n')) throw new Error(found.join('\n'));
      if (fileSystem.openPaths.length > 0) throw new Error(`left open: ${fileSystem.openPaths.join(' ')}`);
    }),
    { numRuns: 3000 },
  );
  t.pass();
});

test('the simulated and the real disk answer alike, refusals included', (t) => {
  const folder = tempDir(t);
  const real = realFileSystem();
  let runs = 0;
  fc.assert(
    fc.property(fc.array(operation, { maxLength: 25 }), (steps) => {
      const root = `${folder}/${runs}`;
      runs += 1;
      mkdirSync(root);
      const simulated = new SimulatedFileSystem();
      simulated.makeDirectory('/root');
      for (const step of steps) {
        // What a real sync does cannot be seen, and it takes long.
        if (step.name === 'sync') continue;
        const [expected, found] = [perform(real, root, step), perform(simulated, '/root', step)];
        if (found !== expected) throw new Error(`${step.name}: ${found}, not ${expected}`);
      }
      const [expected, found] = [contentBelow(real, root), contentBelow(simulated, '/root')];
      if (found.join('\n') !== expected.join('\n'))
        throw new Error(`${found.join('\n')} not\n${expected.join('\n')}`);
    }),
    { numRuns: 400 },
  );
  t.pass();
});

test('once all is synced, one image is left, and it is what everybody sees', (t) => {
  fc.assert(
    fc.property(fc.array(operation, { maxLength: 40 }), (steps) => {
      const fileSystem = new SimulatedFileSystem();
      for (const step of steps) perform(fileSystem, '', step);
      const before = contentBelow(fileSystem, '');
      syncAll(fileSystem, '');
      const images = [...powerLossImages(fileSystem.disk)];
      if (images.length !== 1) throw new Error(`${images.length} images: ${images[1]?.describe() ?? ''}`);
      const after = contentBelow(images[0]!.fileSystem, '');
      if (after.join('\n') !== before.join('\n'))
        throw new Error(`${after.join('\n')} not\n${before.join('\n')}`);
    }),
    { numRuns: 2000 },
  );
  t.pass();
});

test('what was synced, and its names, is in every image; all is in one of them', (t) => {
  const later = fc.array(operation, { maxLength: 6 });
  fc.assert(
    fc.property(fc.array(operation, { maxLength: 20 }), later, (steps, laterSteps) => {
      const fileSystem = new SimulatedFileSystem();
      for (const step of steps) perform(fileSystem, '', step);
      fileSystem.disk.plantFile('/kept/deep/file', Uint8Array.of(1));
      perform(fileSystem, '/kept/deep', {
        name: 'write',
        path: '/file',
        bytes: Uint8Array.of(7, 8),
        position: 1,
      });
      perform(fileSystem, '/kept/deep', { name: 'sync', path: '/file' });
      for (const step of laterSteps) perform(fileSystem, '', step);
      const whole = contentBelow(fileSystem, '').join('\n');
      let wholeSeen = false;
      for (const { fileSystem: image, describe } of powerLossImages(fileSystem.disk, {
        tears: 'none',
        samples: 10,
      })) {
        const content = contentBelow(image, '');
        if (!content.some((line) => line.startsWith('/kept/deep/file 010708'))) throw new Error(describe());
        wholeSeen ||= content.join('\n') === whole;
      }
      if (!wholeSeen) throw new Error(`no image has all of\n${whole}`);
    }),
    { numRuns: 300 },
  );
  t.pass();
});

function syncAll(fileSystem: SimulatedFileSystem, folder: string): void {
  fileSystem.syncDirectory(`${folder}/`);
  for (const name of fileSystem.readDirectory(`${folder}/`)) {
    const at = `${folder}/${name}`;
    if (fileSystem.status(at)?.kind === 'directory') syncAll(fileSystem, at);
    else perform(fileSystem, '', { name: 'sync', path: at });
  }
}
