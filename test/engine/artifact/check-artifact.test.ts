import { cpSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import test from 'ava';
import fc from 'fast-check';
import {
  checkArtifact,
  stageArtifact,
  stageArtifactStream,
} from '../../../src/engine/artifact/read/stage-artifact.js';
import { isStatelogError } from '../../../src/engine/errors.js';
import type { Finding } from '../../../src/engine/finding.js';
import { realFileSystem } from '../../../src/engine/storage-io/real/real-file-system.js';
import { fixturePath } from '../../support/fixtures.js';
import { tempDir } from '../../support/temp-dir.js';
import { entry, FOLD, goodTar, MANIFEST, tar } from './hostile-tars.js';

const fileSystem = realFileSystem();

test('a good artifact has no findings, as a folder and as a tar, and its manifest is told', (t) => {
  const file = path.join(tempDir(t), 'good.tar');
  writeFileSync(file, goodTar);
  for (const source of [fixturePath('artifact'), file]) {
    const findings: Finding[] = [];
    const manifest = checkArtifact(fileSystem, source, (finding) => findings.push(finding));
    t.deepEqual(findings, []);
    t.is(manifest?.files[0]?.size, FOLD.length);
  }
});

test('all that is wrong with an artifact is found, and nothing is written', (t) => {
  const folder = tempDir(t);
  const artifact = path.join(folder, 'artifact');
  mkdirSync(path.join(artifact, 'data'), { recursive: true });
  const another = MANIFEST.replace(
    /(\{\n {6}"path"[^]*?\n {4}\})/,
    (file) => `${file.replace('fold.snap', 'another.snap')},\n    ${file}`,
  );
  writeFileSync(path.join(artifact, 'MANIFEST.json'), another);
  writeFileSync(path.join(artifact, 'data/extra'), 'x');
  writeFileSync(
    path.join(artifact, 'data/fold.snap'),
    FOLD.map((byte, at) => (at === 9 ? byte ^ 1 : byte)),
  );
  const findings: Finding[] = [];
  checkArtifact(fileSystem, artifact, (finding) => findings.push(finding));
  t.deepEqual(
    findings.map(({ class: kind, file, severity }) => [kind, path.relative(artifact, file), severity]),
    [
      ['unlisted-file', 'data/extra', 'damage'],
      ['missing-file', 'data/another.snap', 'damage'],
      ['digest-mismatch', 'data/fold.snap', 'damage'],
    ],
  );
  t.deepEqual(readdirSync(folder), ['artifact']);
});

test('a tar is staged from a stream whose chunks end anywhere', async (t) => {
  for (const chunkBytes of [1, 7, 511, 512, 513, 100_000]) {
    const folder = tempDir(t);
    const chunks = Array.from({ length: Math.ceil(goodTar.length / chunkBytes) }, (_, index) =>
      goodTar.subarray(index * chunkBytes, (index + 1) * chunkBytes),
    );
    const staged = await stageArtifactStream(chunks, 'standard input', folder, { fileSystem });
    t.deepEqual(Uint8Array.from(readFileSync(staged.pathOf('data/fold.snap'))), FOLD);
    t.is(staged.manifest.backend, 'append-log');
  }
});

test('what acceptManifest throws ends the work before any payload is kept', (t) => {
  const folder = tempDir(t);
  const refusal = new Error('not this one');
  const acceptManifest = (): never => {
    throw refusal;
  };
  const error = t.throws(() =>
    stageArtifact(fixturePath('artifact'), folder, { fileSystem, acceptManifest }),
  );
  t.is(error, refusal);
  t.deepEqual(readdirSync(folder), []);
});

test('no mutation of a tar makes staging throw anything but our errors, or keep other bytes', async (t) => {
  const folder = tempDir(t);
  const parts = [
    entry('./'),
    entry('MANIFEST.json', MANIFEST),
    entry('data/'),
    entry('data/fold.snap', FOLD),
  ];
  const mutation = fc.oneof(
    fc.record({ kind: fc.constant('flip' as const), at: fc.nat(goodTar.length * 8 - 1) }),
    fc.record({ kind: fc.constant('cut' as const), at: fc.nat(goodTar.length) }),
    fc.record({ kind: fc.constant('repeat' as const), at: fc.nat(goodTar.length), length: fc.nat(2000) }),
    fc.record({ kind: fc.constant('remove' as const), at: fc.nat(goodTar.length), length: fc.nat(2000) }),
  );
  const order = fc.shuffledSubarray([0, 1, 2, 3], { minLength: 1, maxLength: 4 });
  await fc.assert(
    fc.asyncProperty(order, fc.array(mutation, { maxLength: 3 }), async (indexes, mutations) => {
      let bytes = Buffer.from(tar(...indexes.map((index) => parts[index]!)));
      for (const step of mutations) {
        if (step.kind === 'flip' && step.at < bytes.length * 8) bytes[step.at >>> 3]! ^= 1 << (step.at & 7);
        if (step.kind === 'cut') bytes = bytes.subarray(0, step.at);
        if (step.kind === 'repeat')
          bytes = Buffer.concat([bytes.subarray(0, step.at + step.length), bytes.subarray(step.at)]);
        if (step.kind === 'remove')
          bytes = Buffer.concat([bytes.subarray(0, step.at), bytes.subarray(step.at + step.length)]);
      }
      const staging = path.join(folder, 'staging');
      mkdirSync(staging);
      try {
        const staged = await stageArtifactStream([bytes], 'a stream', staging, { fileSystem });
        t.deepEqual(Uint8Array.from(readFileSync(staged.pathOf('data/fold.snap'))), FOLD);
      } catch (error) {
        if (!isStatelogError(error)) throw error;
      }
      rmSync(staging, { recursive: true });
      t.deepEqual(readdirSync(folder), []);
    }),
    { numRuns: 300 },
  );
});

test('a copy of the artifact with its manifest removed is told as such', (t) => {
  const copy = path.join(tempDir(t), 'copy');
  cpSync(fixturePath('artifact'), copy, { recursive: true });
  rmSync(path.join(copy, 'MANIFEST.json'));
  const findings: Finding[] = [];
  t.is(
    checkArtifact(fileSystem, copy, (finding) => findings.push(finding)),
    undefined,
  );
  t.like(findings, { length: 1, 0: { class: 'missing-file', file: path.join(copy, 'MANIFEST.json') } });
});
