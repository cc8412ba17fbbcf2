import { build } from 'esbuild';
import { rmSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { ownUrls } from '../own-urls.mjs';
import { root } from '../run-step.mjs';

/** Comes before all tests, as package.json has it for ava. */
const SEED = 'test/support/property-seed.ts';

/**
 * Compiles tests, and all that they import, once for all: a file of them for each folder, which a process runs. Loading each
 * file of tests in a process of its own, through a loader, takes longer than running most of them.
 * @param {readonly string[]} files paths from the project's folder
 * @param {string} outdir where to, from there
 * @returns {Promise<string[]>} the compiled files
 */
export async function compileTests(files, outdir) {
  const folders = new Map();
  for (const file of files) {
    const folder = path.dirname(file);
    folders.set(folder, [...(folders.get(folder) ?? []), file]);
  }
  rmSync(path.join(root, outdir), { recursive: true, force: true });
  await build({
    absWorkingDir: root,
    entryPoints: [...folders.keys()].map((folder) => ({ in: `folder:${folder}`, out: `${folder}.test` })),
    outdir,
    bundle: true,
    splitting: true,
    chunkNames: 'chunks/[hash]',
    platform: 'node',
    target: 'node20',
    format: 'esm',
    packages: 'external',
    sourcemap: 'linked',
    sourcesContent: false,
    plugins: [folderOfTests(folders), titledTests, scriptsStay, ownUrls(/\/test\/.*\.ts$/)],
    logLevel: 'warning',
  });
  return [...folders.keys()].map((folder) => `${outdir}/${folder}.test.js`);
}

/** `folder:test/engine/wal` is all files of tests in that folder. */
const folderOfTests = (folders) => ({
  name: 'folder-of-tests',
  setup: ({ onResolve, onLoad }) => {
    onResolve({ filter: /^folder:/ }, ({ path: name }) => ({
      path: name.slice('folder:'.length),
      namespace: 'folder',
    }));
    onLoad({ filter: /./, namespace: 'folder' }, ({ path: folder }) => ({
      contents: [SEED, ...folders.get(folder)].map((file) => `import './${file}';`).join('\n'),
      resolveDir: root,
    }));
  },
});

/** What a file of tests gets as ava puts its name before the titles. */
const titledTests = {
  name: 'titled-tests',
  setup: ({ onResolve, onLoad }) => {
    onResolve({ filter: /^ava$/ }, ({ importer }) =>
      importer.endsWith('.test.ts')
        ? { path: path.basename(importer, '.test.ts'), namespace: 'titled' }
        : { path: 'ava', external: true },
    );
    onLoad({ filter: /./, namespace: 'titled' }, ({ path: name }) => ({
      contents: [
        "import test from 'ava';",
        "import { titled } from './scripts/tests/titled-test.mjs';",
        `export default titled(test, ${JSON.stringify(name)});`,
      ].join('\n'),
      resolveDir: root,
    }));
  },
};

/** Scripts know the project's folder by where they lie. */
const scriptsStay = {
  name: 'scripts-stay',
  setup: ({ onResolve }) => {
    onResolve({ filter: /\/scripts\/.*\.mjs$/ }, ({ path: name, resolveDir }) =>
      name.endsWith('/titled-test.mjs')
        ? undefined
        : { path: pathToFileURL(path.resolve(resolveDir, name)).href, external: true },
    );
  },
};
