import { readFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

/**
 * For esbuild: modules find files beside them by their URL or their folder, also as part of a bundle.
 * @param {RegExp} filter paths of the modules that do
 */
export const ownUrls = (filter) => ({
  name: 'own-urls',
  setup: ({ onLoad }) => {
    onLoad({ filter }, ({ path: file }) => ({
      contents: readFileSync(file, 'utf8')
        .replaceAll(/(?<!')import\.meta\.url/g, JSON.stringify(pathToFileURL(file).href))
        .replaceAll(/(?<!')import\.meta\.dirname/g, JSON.stringify(path.dirname(file))),
      loader: 'ts',
    }));
  },
});
