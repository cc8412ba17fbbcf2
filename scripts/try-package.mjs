// Packs the package, installs the tarball as a user would (`npm install -g`, an empty prefix, an empty cache), and runs
// what was installed. npm may not warn of anything.
//   --node VERSION    under this version of Node (repeatable); without it under each of those that are supported
// The last line is `N passed, N failed`.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { ensureInstalled } from './ensure-installed.mjs';
import { root, runStep } from './run-step.mjs';

const VERSIONS = ['20.20', '22', '24'];
/** What a package may hold. */
const PACKED =
  /^(bin\/(run\.js|package\.json)$|dist\/|docs\/|examples\/|(package\.json|README\.md|CHANGELOG\.md|SECURITY\.md|LICENSE)$)/;
/** The first that warns whoever installs a package with an install script. */
const NPM = 'npm@11';

const { values } = parseArgs({ options: { node: { type: 'string', multiple: true, default: VERSIONS } } });
ensureInstalled();
if (!existsSync(path.join(root, 'dist', 'statelog.1')))
  runStep('build', process.execPath, ['scripts/build.mjs']);
const folder = mkdtempSync(path.join(tmpdir(), 'statelog-package-'));
const failures = [];
let passed = 0;
try {
  const tarball = path.join(folder, pack());
  for (const version of values.node) tryUnder(version, tarball);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
for (const failure of failures) console.error(`\nFAILED ${failure}`);
console.log(`\n${passed} passed, ${failures.length} failed`);
process.exitCode = failures.length === 0 ? 0 : 1;

function pack() {
  const { stdout } = must(
    run('npm', ['pack', '--ignore-scripts', '--json', '--pack-destination', folder], { cwd: root }),
  );
  const [{ filename, files }] = JSON.parse(stdout);
  const names = files.map((file) => file.path);
  const foreign = names.filter((name) => !PACKED.test(name));
  check('the package holds nothing but what runs and its documents', foreign.length === 0, {
    stdout: foreign.join('\n'),
  });
  for (const name of [
    'dist/engine/index.d.ts',
    'dist/statelog.1',
    'dist/NOTICES.txt',
    'LICENSE',
    'README.md',
  ])
    check(`the package holds ${name}`, names.includes(name));
  return filename;
}

function tryUnder(version, tarball) {
  const tools = path.join(folder, `node-${version}`);
  mkdirSync(tools);
  const node = `node-${process.platform}-${process.arch}`;
  must(run('npm', ['install', '--prefix', tools, '--no-audit', '--no-fund', `${node}@${version}`, NPM]));
  const prefix = path.join(tools, 'prefix');
  const env = environment(path.join(tools, 'node_modules', node, 'bin'), prefix);
  const npm = path.join(tools, 'node_modules', 'npm', 'bin', 'npm-cli.js');
  const found = run('node', ['--version'], { env }).stdout.trim();

  // Settings of the user's are not ours to answer for, except for where packages come from.
  const userconfig = path.join(tools, 'npmrc');
  writeFileSync(userconfig, `registry=${run('npm', ['config', 'get', 'registry']).stdout.trim()}\n`);
  const install = run(
    'node',
    [
      npm,
      'install',
      '-g',
      '--prefix',
      prefix,
      '--cache',
      path.join(tools, 'cache'),
      '--userconfig',
      userconfig,
      tarball,
    ],
    {
      env,
      cwd: tools,
    },
  );
  check(`${found}: it installs`, install.status === 0, install);
  check(`${found}: npm warns of nothing`, !/warn|deprecated/i.test(install.stdout + install.stderr), install);
  const page = path.join(prefix, 'share', 'man', 'man1', 'statelog.1');
  check(
    `${found}: its manual page is where man looks`,
    existsSync(page) && /^\.SH NAME$/m.test(readFileSync(page, 'utf8')),
  );
  tryCommands(found, { env, cwd: tools });
  tryLibrary(found, { env, cwd: tools }, path.join(prefix, 'lib', 'node_modules'));
}

/** Without what `npm run` sets, and settings of Node that a user's shell would not have. */
function environment(nodeFolder, prefix) {
  const kept = Object.entries(process.env).filter(
    ([name]) => !/^(npm_(?!config_registry)|NODE_(OPTIONS|PATH)$)/i.test(name),
  );
  const PATH = [path.join(prefix, 'bin'), nodeFolder, '/usr/bin', '/bin'].join(path.delimiter);
  return { ...Object.fromEntries(kept), PATH };
}

function tryCommands(found, options) {
  const digest = /^digest\t[0-9a-f]{64}$/m;
  for (const [command, status, said] of [
    ['--version', 0, /\d+\.\d+\.\d+/],
    ['--help', 0, /wal-replay/],
    ['put store key value', 0],
    ['get store key', 0, /^value$/],
    ['get store other', 1],
    ['checkpoint store', 0],
    ['put store key again', 0],
    ['scan store', 0, /^key\tagain$/m],
    ['stat store --digest', 0, digest],
    ['export store copy.tar', 0],
    ['verify copy.tar', 0],
    ['import copy.tar copy', 0],
    ['diff store copy', 0],
    ['put orders.snap key value', 0],
    ['verify orders.snap store', 0],
    ['nonsense', 2],
  ]) {
    const done = run('statelog', command.split(' '), options);
    const isGood = done.status === status && (said === undefined || said.test(done.stdout));
    check(`${found}: statelog ${command}`, isGood, done);
  }
}

function tryLibrary(found, options, packages) {
  const program = path.join(packages, 'try-statelog.mjs');
  writeFileSync(
    program,
    "import { StatelogError } from 'statelog';\nconsole.log(new StatelogError('LOCKED', 'in use').code);\n",
  );
  const done = run('node', [program], options);
  check(`${found}: the library is imported`, done.stdout === 'LOCKED\n', done);
}

function run(command, commandArguments, options = {}) {
  return spawnSync(command, commandArguments, { encoding: 'utf8', ...options });
}

function must(done) {
  if (done.status !== 0) throw new Error(`${done.error ?? ''}${done.stdout}${done.stderr}`);
  return done;
}

function check(what, isGood, done) {
  if (isGood) passed += 1;
  else failures.push([what, done?.error?.message, done?.stdout, done?.stderr].filter(Boolean).join('\n'));
}
