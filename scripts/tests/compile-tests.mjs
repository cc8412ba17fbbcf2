import { build } from 'esbuild';
import { readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { ownUrls } from '../own-urls.mjs';
import { root } from '../run-step.mjs';

/** Comes before all tests, as package.json has it for ava. */
const SEED = 'test/support/property-seed.ts';

/** Comes before those whose files may lie in memory. */
const IN_MEMORY = 'test/support/memory-temp-dir.ts';

/** What tries the disk: the file system of the host, and the program as a user runs it. */
const ON_DISK = /^test\/(engine\/storage-io|cases)(\/|$)/;

/**
 * Compiles tests, and all that they import, once for all: a file of them for each folder, which a process runs. Loading each
 * file of tests in a process of its own, through a loader, takes longer than running most of them.
 * @param {readonly string[]} files paths from the project's folder
 * @param {string} outdir where to, from there
 * @param {{ inMemory?: boolean }} options whether the files that they make lie in memory, where the tests do not try the disk
 * @returns {Promise<string[]>} the compiled files
 */
export async function compileTests(files, outdir, { inMemory = false } = {}) {
  const groups = new Map();
  for (const file of files) {
    const name = groupOf(file);
    groups.set(name, [...(groups.get(name) ?? []), file]);
  }
  rmSync(path.join(root, outdir), { recursive: true, force: true });
  await build({
    absWorkingDir: root,
    entryPoints: [...groups.keys()].map((name) => ({ in: `tests:${name}`, out: `${name}.test` })),
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
    plugins: [groupsOfTests(groups, inMemory), titledTests, scriptsStay, ownUrls(/\/test\/.*\.ts$/)],
    logLevel: 'warning',
  });
  return [...groups.keys()].map((name) => `${outdir}/${name}.test.js`);
}

/** Sets a variable for all tests of a file, and for any other that shares its process. */
const SETS_VARIABLE = /^process\.env\[/m;

/** Whose process a file of tests runs in: that of its folder, or its own. */
function groupOf(file) {
  const isAlone = SETS_VARIABLE.test(readFileSync(path.join(root, file), 'utf8'));
  return isAlone ? file.slice(0, -'.test.ts'.length) : path.dirname(file);
}

/** `tests:test/engine/wal` is all files of tests of that group. */
const groupsOfTests = (groups, inMemory) => ({
  name: 'groups-of-tests',
  setup: ({ onResolve, onLoad }) => {
    onResolve({ filter: /^tests:/ }, ({ path: name }) => ({
      path: name.slice('tests:'.length),
      namespace: 'tests',
    }));
    onLoad({ filter: /./, namespace: 'tests' }, ({ path: name }) => ({
      contents: [...(inMemory && !ON_DISK.test(name) ? [IN_MEMORY] : []), SEED, ...groups.get(name)]
        .map((file) => `import './${file}';`)
        .join('\n'),
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
        "import { titledInTurn } from './scripts/tests/titled-test.mjs';",
        `export default titledInTurn(test, ${JSON.stringify(name)});`,
      ].join('\n'),
      resolveDir: root,
    }));
  },
};

/** What a test needs in its own process. */
const BUNDLED = /\/(titled-test|processor-time|quick-equality)\.mjs$|\/scripts\/batch-sum\//;

/** Scripts know the project's folder by where they lie. */
const scriptsStay = {
  name: 'scripts-stay',
  setup: ({ onResolve }) => {
    onResolve({ filter: /\/scripts\/.*\.mjs$/ }, ({ path: name, resolveDir }) =>
      BUNDLED.test(name)
        ? undefined
        : { path: pathToFileURL(path.resolve(resolveDir, name)).href, external: true },
    );
  },
};
