import { build, transform } from 'esbuild';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fixedConstants } from './fixed-constants.mjs';
import { lazyRequireBanner, lazyRequires, withLazyBuiltins } from './lazy-requires.mjs';
import { root } from './run-step.mjs';

/** The client of NATS: only `pull` and `push` load it, and every command would be read with it. */
const CLIENT = '@nats-io/transport-node';
const CLIENT_FILE = 'nats-client.cjs';
const TARGET = 'node20';

/** An esbuild plugin that leaves the client of NATS to a file beside the program. */
const clientApart = {
  name: 'client-apart',
  setup: ({ onResolve }) => {
    onResolve({ filter: new RegExp(`^${CLIENT}$`) }, () => ({ path: `./${CLIENT_FILE}`, external: true }));
  },
};

/** An esbuild plugin that goes over the bundle once it is there; until then its whitespace is left. */
function finishing(minifyWhitespace) {
  return {
    name: 'finishing',
    setup: ({ initialOptions: { outfile }, onEnd }) => {
      onEnd(async ({ errors }) => {
        if (errors.length > 0) return;
        const fixed = fixedConstants(await readFile(outfile, 'utf8'));
        const { code } = minifyWhitespace
          ? await transform(fixed, { minifyWhitespace, target: TARGET, legalComments: 'none' })
          : { code: fixed };
        await writeFile(outfile, withLazyBuiltins(code));
      });
    },
  };
}

/**
 * Makes the file of the client of NATS, beside a program that `bundle` made.
 * @param {string} folder where it goes
 * @returns {Promise<string[]>} paths of all files that went into it, from the project's folder
 */
export async function bundleClient(folder) {
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: [CLIENT],
    outfile: path.join(folder, CLIENT_FILE),
    bundle: true,
    minify: true,
    platform: 'node',
    target: TARGET,
    format: 'cjs',
    legalComments: 'none',
    metafile: true,
    logLevel: 'warning',
  });
  return Object.keys(metafile.inputs);
}

/**
 * Makes one CommonJS file of a program and all that it imports, except for native packages.
 * One such file starts in two thirds of the time that loose modules take.
 * @param {string} entry path of its first module
 * @param {string} outfile where it goes
 * @returns {Promise<string[]>} paths of all files that went into it, from the project's folder
 */
export async function bundle(entry, outfile) {
  return bundleWith({ entryPoints: [entry], outfile });
}

/**
 * The same for an entry that esbuild is to be told about in its own words.
 * @param {import('esbuild').BuildOptions} options entry, output, and plugins that go before ours
 * @returns {Promise<string[]>} paths of all files that went into it, from the project's folder
 */
export async function bundleWith({ plugins = [], external = [], minifyWhitespace = true, ...options }) {
  const { metafile } = await build({
    absWorkingDir: root,
    bundle: true,
    minifySyntax: true,
    platform: 'node',
    target: TARGET,
    // bin/run.js runs it by V8 itself, which leaves `import()` to the one who does; `require` is handed in.
    supported: { 'dynamic-import': false },
    format: 'cjs',
    banner: {
      js: `${lazyRequireBanner}\nconst __bundleUrl=require('node:url').pathToFileURL(__filename).href;`,
    },
    define: { 'import.meta.url': '__bundleUrl' },
    plugins: [...plugins, lazyRequires, finishing(minifyWhitespace), clientApart],
    // typescript is what oclif asks for when it runs from source.
    external: ['@koromix/*', '@node-rs/crc32', '@napi-rs/blake-hash', 'typescript', ...external],
    legalComments: 'none',
    metafile: true,
    logLevel: 'warning',
    ...options,
  });
  return Object.keys(metafile.inputs);
}
