// `node scripts/run-files.mjs`: how many source files a cold `put`, and a `get`, run at least one function of, in a store of a few
// records. With --list it names them. The program is bundled as the product is, but for what makes it hard to read.
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { bundleWith } from './bundle.mjs';
import { root } from './run-step.mjs';

/** esbuild names the file that each part of a bundle is from. */
const PART = /^ *\/\/ ((?:src|node_modules)\/\S+)$/gm;

// Below the project, where the native packages are found.
const program = path.join(root, 'node_modules', '.cache', 'statelog', 'run-files', 'cli.cjs');
const contents = `import { start } from './src/cli/program/start.ts';\nstart(${JSON.stringify(root)});`;
await bundleWith({
  stdin: { contents, resolveDir: root },
  outfile: program,
  minifySyntax: false,
  minifyWhitespace: false,
});
const parts = [...readFileSync(program, 'utf8').matchAll(PART)].map(({ index, 1: file }) => ({
  index,
  file,
}));
const folder = mkdtempSync(path.join(tmpdir(), 'statelog-run-files-'));
try {
  const store = path.join(folder, 'store');
  run(['create', store]);
  for (const key of ['a', 'b', 'c']) run(['put', store, key, 'value']);
  for (const args of [
    ['put', store, 'd', 'value'],
    ['get', store, 'a'],
  ]) {
    const files = filesRunBy(args);
    console.log(`${args[0]}: ${files.length} source files`);
    if (process.argv.includes('--list')) for (const file of files) console.log(`  ${file}`);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function run(args, environment = {}) {
  const env = { ...process.env, ...environment };
  const { status, stderr } = spawnSync(process.execPath, [program, ...args], { env, encoding: 'utf8' });
  if (status !== 0) throw new Error(`statelog ${args.join(' ')}: ${stderr}`);
}

/** The source files of which a command runs a function; initialising a module does not count. */
function filesRunBy(args) {
  const coverage = path.join(folder, 'coverage');
  run(args, { NODE_V8_COVERAGE: coverage });
  const scripts = readdirSync(coverage).flatMap((name) => {
    return JSON.parse(readFileSync(path.join(coverage, name), 'utf8')).result;
  });
  rmSync(coverage, { recursive: true });
  const own = scripts.find(({ url }) => url.endsWith('/run-files/cli.cjs'));
  const ran = own.functions.filter(({ functionName, ranges: [whole] }) => {
    return whole.count > 0 && !/^(src|node_modules)\//.test(functionName);
  });
  const files = ran.map(({ ranges: [{ startOffset }] }) => {
    return parts.findLast(({ index }) => index < startOffset)?.file;
  });
  return [...new Set(files)].filter((file) => file?.startsWith('src/')).sort();
}
