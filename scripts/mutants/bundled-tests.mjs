import { build } from 'esbuild';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { ownUrls } from '../own-urls.mjs';

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
    plugins: [ownUrls(/\.ts$|\/scripts\/[^/]+\.mjs$/)],
    logLevel: 'warning',
  });
  return outfile;
}
