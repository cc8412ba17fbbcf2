import { build } from 'esbuild';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

/**
 * Makes one module of test files and all that they import, which runs them when it is loaded.
 * @param {string} folder the project's, or a copy's
 * @param {readonly string[]} files paths below it
 * @param {readonly string[]} titles patterns of titles, `*` for anything; all if there are none
 * @returns {Promise<string>} the module, in that folder
 */
export async function bundleTests(folder, files, titles) {
  const outfile = path.join(folder, 'bundled-tests.mjs');
  const modules = ['test/support/property-seed.ts', ...files];
  await build({
    absWorkingDir: folder,
    stdin: {
      contents: [
        ...modules.map((module) => `import ${JSON.stringify(`./${module}`)};`),
        "import { runTests } from 'ava';",
        `await runTests(${JSON.stringify(titles)});`,
      ].join('\n'),
      resolveDir: folder,
    },
    outfile,
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'esm',
    packages: 'external',
    alias: { ava: fileURLToPath(new URL('test-runner.mjs', import.meta.url)) },
    plugins: [ownUrls],
    logLevel: 'warning',
  });
  return outfile;
}

/** Modules find files beside them by their URL, also as part of a bundle. */
const ownUrls = {
  name: 'own-urls',
  setup: ({ onLoad }) => {
    onLoad({ filter: /\.ts$/ }, ({ path: file }) => ({
      contents: readFileSync(file, 'utf8').replaceAll(
        'import.meta.url',
        JSON.stringify(pathToFileURL(file).href),
      ),
      loader: 'ts',
    }));
  },
};
