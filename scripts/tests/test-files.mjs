import { build } from 'esbuild';
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { root } from '../run-step.mjs';

/** Where the tests of units and commands lie. */
const UNITS = /^test\/(engine|cli)\//;

/** Tests that try whatever can be tried (each bit, each cut, each moment of a crash): a row of torture. */
const EXHAUSTIVE = '.exhaustive.test.ts';

/** Tests that start real servers: `npm run test:servers`. */
const SERVERS = '.servers.test.ts';

/** What starts something beside the tests (processes, threads, the program as it was built), or makes up inputs. */
const LONG_PACKAGES = ['node:child_process', 'node:worker_threads', 'fast-check'];

/** The disk that fails and loses power, at one operation after the other. */
const SIMULATED_DISK = 'test/simulated-disk/index.ts';

/**
 * The files of tests, as paths from the project's folder.
 * @param {'quick' | 'usual' | 'exhaustive' | 'servers'} kind `usual`: those of `npm test`; `quick`: of them those of units and
 * commands that start neither processes nor threads, and try neither made-up inputs nor the simulated disk
 * @returns {Promise<string[]>}
 */
export async function testFiles(kind) {
  const files = readdirSync(path.join(root, 'test'), { recursive: true })
    .filter((name) => name.endsWith('.test.ts'))
    .map((name) => `test/${name.split(path.sep).join('/')}`)
    .sort();
  const chosen = files.filter((file) => kindOf(file) === (kind === 'quick' ? 'usual' : kind));
  return kind === 'quick' ? withoutLong(chosen.filter((file) => UNITS.test(file))) : chosen;
}

function kindOf(file) {
  if (file.endsWith(EXHAUSTIVE)) return 'exhaustive';
  return file.endsWith(SERVERS) ? 'servers' : 'usual';
}

async function withoutLong(files) {
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: files,
    outdir: 'unwritten',
    write: false,
    bundle: true,
    platform: 'node',
    format: 'esm',
    packages: 'external',
    plugins: [onlyTests],
    metafile: true,
    logLevel: 'error',
  });
  const isLong = (file, seen = new Set()) => {
    if (seen.has(file)) return false;
    seen.add(file);
    return metafile.inputs[file].imports.some(({ path: imported, external }) =>
      external
        ? LONG_PACKAGES.includes(imported) || imported.endsWith('.mjs')
        : imported === SIMULATED_DISK || isLong(imported, seen),
    );
  };
  return files.filter((file) => !isLong(file));
}

/** What the sources start, tests of theirs need not. Scripts build the program and run it. */
const onlyTests = {
  name: 'only-tests',
  setup: ({ onResolve }) => {
    onResolve({ filter: /\/(src|scripts)\// }, ({ path: name }) => ({ path: name, external: true }));
  },
};
