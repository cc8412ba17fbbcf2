import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { build as esbuild } from 'esbuild';
import { bundleWith } from './bundle.mjs';
import { root } from './run-step.mjs';

/** The first module of the command line. */
const ENTRY = 'src/cli/program/start.ts';
/** The two files: the first is loaded at each start, the other when a module of it is first asked for. */
export const PROGRAM_FILE = 'cli.cjs';
export const REST_FILE = 'cli-rest.cjs';

/** Modules that are loaded when needed, and that the commands that scripts run over and over do need. */
const EARLY = new Set(
  [
    'cli/batch/batch-command',
    'cli/program/main',
    'cli/terminal/process-terminal',
    'commands/store/delete',
    'commands/store/get',
    'commands/store/put',
    'commands/store/scan',
    'engine/directory/write/directory-writer',
    'engine/directory/write/open-writer',
    'engine/inspect/open-directory',
    'engine/storage-io/real/byte-streams',
  ].map((name) => `src/${name}.ts`),
);
/** The part of oclif that parses a command line; the rest of it explains, and finds commands. */
const EARLY_OCLIF =
  /^(args|cache|command|flags|logger|parser\/(help|index|parse|validate)|util\/(aggregate-flags|util))\.js$/;
const OCLIF = 'node_modules/@oclif/core/lib/';
/** `import('./module.js')`, as prettier writes it. */
const DYNAMIC_IMPORT = /\bimport\('([^']+)'\)/g;
/** Set on what a plugin asks esbuild itself about. */
const ASKED = Symbol('asked');

/**
 * Makes two CommonJS files of the command line: what `get`, `put`, `delete` and `scan` of a state directory run, and
 * all else. What a start reads, compiles and makes grows with the file that it is in, used or not. No module is in
 * both: the second file asks the first for those that it shares.
 * @param {string} folder where they go
 * @returns {Promise<string[]>} paths of all files that went into them, from the project's folder
 */
export async function bundleProgram(folder) {
  const late = new Set();
  const first = {
    external: [`./${REST_FILE}`],
    outfile: path.join(folder, PROGRAM_FILE),
    plugins: [leavingOut(late)],
  };
  const inFirst = await bundleWith({ ...first, stdin: entryOf(new Set()) });
  const shared = new Set();
  const inRest = await bundleWith({
    stdin: {
      contents: moduleTable([...late], (name) => (isPackage(name) ? 'import' : 'require')),
      resolveDir: root,
    },
    outfile: path.join(folder, REST_FILE),
    external: [`./${PROGRAM_FILE}`],
    plugins: [sharing(new Set(inFirst.filter(isSharable)), shared)],
  });
  await bundleWith({ ...first, stdin: entryOf(shared) });
  return [...inFirst, ...inRest].filter((file) => !/^(late|shared):/.test(file));
}

/** The first file's entry: the program, and the modules that the second file asks for. */
function entryOf(shared) {
  const contents = `export * from './${ENTRY}';\n${moduleTable([...shared], () => 'require')}`;
  return { contents, resolveDir: root };
}

function moduleTable(names, howOf) {
  const lines = names.map((name) => {
    const target = isPackage(name) ? name : `./${name}`;
    return `  ${JSON.stringify(name)}: () => ${howOf(name)}(${JSON.stringify(target)}),`;
  });
  return `export const modules = {\n${lines.join('\n')}\n};\n`;
}

/** A package by its name, rather than a file by its path from the project's folder. */
function isPackage(name) {
  return !/^(src|node_modules)\//.test(name);
}

/** Packages besides oclif may be in both files: they keep nothing that the two would have to share. */
function isSharable(file) {
  return file.startsWith('src/') || file.startsWith(OCLIF);
}

/** Leaves out of the first file what is loaded when needed, unless it is early, and takes note of it. */
function leavingOut(late) {
  return {
    name: 'leaving-out',
    setup(build) {
      // Asked for in the importer's own words: a module of esbuild's between them would get another default export.
      build.onLoad({ filter: /[\\/]src[\\/].*\.ts$/ }, async ({ path: importer }) => {
        const text = await readFile(importer, 'utf8');
        const asked = new Map();
        for (const [, name] of text.matchAll(DYNAMIC_IMPORT)) {
          const file = await fileOf(build, { path: name, importer, kind: 'dynamic-import' });
          if (file !== undefined && !EARLY.has(file)) asked.set(name, file.startsWith('src/') ? file : name);
        }
        for (const file of asked.values()) late.add(file);
        const contents = text.replace(DYNAMIC_IMPORT, (all, name) =>
          asked.has(name) ? `(async () => ${requestTo(REST_FILE, asked.get(name))})()` : all,
        );
        return { contents, loader: 'ts' };
      });
      build.onResolve({ filter: /./ }, async (asked) => {
        if (asked.kind !== 'require-call' || !asked.importer.includes(OCLIF)) return undefined;
        const file = await fileOf(build, asked);
        if (!file?.startsWith(OCLIF) || EARLY_OCLIF.test(file.slice(OCLIF.length))) return undefined;
        late.add(file);
        return { path: file, namespace: 'late' };
      });
      askOther(build, 'late', REST_FILE);
    },
  };
}

/** Has the second file ask the first for the modules that are in it, and takes note of them. */
function sharing(inFirst, shared) {
  return {
    name: 'sharing',
    setup(build) {
      build.onResolve({ filter: /./ }, async (asked) => {
        if (asked.kind === 'entry-point') return undefined;
        const file = await fileOf(build, asked);
        if (file === undefined || !inFirst.has(file)) return undefined;
        shared.add(file);
        return { path: file, namespace: 'shared' };
      });
      // Modules of ours by the values of their exports: a getter for each use would slow the loops that read logs.
      build.onLoad({ filter: /^src\//, namespace: 'shared' }, async ({ path: name }) => ({
        contents: boundExports(await exportsOf(name), requestTo(PROGRAM_FILE, name)),
      }));
      askOther(build, 'shared', PROGRAM_FILE);
    },
  };
}

/** The names that a module exports. */
async function exportsOf(name) {
  const { metafile } = await esbuild({
    absWorkingDir: root,
    entryPoints: [name],
    outdir: 'dist',
    format: 'esm',
    metafile: true,
    write: false,
    logLevel: 'warning',
  });
  return Object.values(metafile.outputs).flatMap(({ exports }) => exports);
}

/** A module that exports what another one exports by then. */
function boundExports(names, request) {
  const lines = names.map((name) =>
    name === 'default' ? 'export default shared.default;' : `export const ${name} = shared.${name};`,
  );
  return [`const shared = ${request};`, ...lines].join('\n');
}

/** A module's path from the project's folder; undefined for Node's own, for what is not bundled, and within `resolve` itself. */
async function fileOf(
  build,
  { path: name, importer, kind, pluginData, resolveDir = path.dirname(importer) },
) {
  if (pluginData === ASKED) return undefined;
  const found = await build.resolve(name, { importer, resolveDir, kind, pluginData: ASKED });
  return found.external || found.path === ''
    ? undefined
    : path.relative(root, found.path).replaceAll(path.sep, '/');
}

/** Modules of a namespace are those of the other file. */
function askOther(build, namespace, file) {
  build.onResolve({ filter: /./, namespace }, (asked) => ({ path: asked.path, external: true }));
  build.onLoad({ filter: /./, namespace }, ({ path: name }) => ({
    contents: `module.exports = ${requestTo(file, name)};`,
  }));
}

function requestTo(file, name) {
  return `require('./${file}').modules[${JSON.stringify(name)}]()`;
}
