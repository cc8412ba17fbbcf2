import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, readdirSync, writeFileSync, cpSync } from 'node:fs';
import path from 'node:path';
import test from 'ava';
import { decodeExportManifest, encodeExportManifest } from '../../../src/engine/artifact/format/manifest.js';
import { commandLine } from '../../support/command-line.js';
import { fixturePath } from '../../support/fixtures.js';
import { notTried } from '../../support/needing.js';
import { tempDir } from '../../support/temp-dir.js';
import { NEWEST_ORIGINAL, newestOriginal } from '../fold/newest-original.js';

const FOLDER = fixturePath('slipstream-0.8');
const ARTIFACTS = readdirSync(FOLDER).filter((name) => name.endsWith('-artifact'));

for (const name of ARTIFACTS) {
  test(`${name} is verified, imported, and exported again with its cursor and scope`, async (t) => {
    const folder = tempDir(t);
    const artifact = path.join(FOLDER, name);
    const manifest = decodeExportManifest(readFileSync(path.join(artifact, 'MANIFEST.json')), name);
    t.is((await commandLine(['verify', artifact, '-q'])).exitCode, 0);
    const log = path.join(folder, 'log.snap');
    t.is((await commandLine(['import', artifact, log])).exitCode, 0);
    t.is((await commandLine(['diff', artifact, log])).exitCode, 0);
    const seen = JSON.parse((await commandLine(['stat', artifact, '--json'])).stdout) as {
      artifact: { scope?: string[]; schemaVersion: number };
    };
    t.deepEqual(seen.artifact.scope, manifest.scope as string[] | undefined);
    t.is(seen.artifact.schemaVersion, manifest.schemaVersion);

    const again = path.join(folder, 'again');
    const scope = (manifest.scope ?? []).flatMap((prefix) => ['--scope', prefix]);
    t.is((await commandLine(['export', log, again, ...scope])).exitCode, 0);
    const exported = decodeExportManifest(readFileSync(path.join(again, 'MANIFEST.json')), 'again');
    t.deepEqual(exported.scope, manifest.scope);
    t.is(exported.cursor.toHex(), manifest.cursor.toHex());
    if (newestOriginal.isThere) {
      t.notThrows(() =>
        execFileSync(newestOriginal.path, ['import', again, path.join(folder, 'theirs.snap')]),
      );
    } else notTried(t, NEWEST_ORIGINAL);
  });
}

test('a manifest is read in any JSON layout, and a doubled key in none', async (t) => {
  const folder = tempDir(t);
  const source = path.join(FOLDER, 'watched-prefixes-artifact');
  const text = readFileSync(path.join(source, 'MANIFEST.json'), 'utf8');
  const parsed = JSON.parse(text) as Record<string, unknown>;
  const layouts = [
    JSON.stringify(parsed),
    JSON.stringify(parsed, null, 8),
    text.replaceAll('\n', '\r\n'),
    `${text}\n\n`,
    JSON.stringify(Object.fromEntries(Object.entries(parsed).reverse())),
  ];
  for (const [index, layout] of layouts.entries()) {
    const artifact = path.join(folder, String(index));
    mkdirSync(artifact);
    cpSync(source, artifact, { recursive: true });
    writeFileSync(path.join(artifact, 'MANIFEST.json'), layout);
    t.is((await commandLine(['verify', artifact, '-q'])).exitCode, 0, layout);
  }
  t.throws(
    () => decodeExportManifest(Buffer.from(text.replace('{', '{"backend": "append-log",')), 'doubled'),
    {
      message: /"backend" stands twice/,
    },
  );
  const decoded = decodeExportManifest(Buffer.from(text), 'it');
  t.deepEqual(decodeExportManifest(encodeExportManifest(decoded), 'it'), decoded);
});

test('a scope is said of a fold alone', async (t) => {
  const folder = tempDir(t);
  const store = path.join(folder, 'store');
  await commandLine(['put', store, 'a', '1']);
  const { exitCode } = await commandLine(['export', store, path.join(folder, 'out'), '--scope', 'a.']);
  t.is(exitCode, 8);
});
