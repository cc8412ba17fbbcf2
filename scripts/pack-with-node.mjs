// Packs statelog with Node inside, for hosts that have neither: unpack it anywhere, and run its bin/statelog.
//   --arch x64|arm64      for which processors (default: this host's)
//   --node VERSION        which Node, as the npm package node-linux-ARCH has it (default: the one that runs this)
//   --node-binary PATH    that program instead
//   --to DIR              where the tar goes (default: the working folder)
// Prints the tar's path. Linux with glibc. Code is kept compiled for one Node and one kind of processor, so it is made anew
// where this host can run that Node; else a start takes a little longer.
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { ensureInstalled } from './ensure-installed.mjs';
import { root, runStep } from './run-step.mjs';

const ARCHES = ['x64', 'arm64'];
/** Follows links, so that bin/statelog may be linked to from a folder of the PATH. */
const STARTER = `#!/bin/sh
home=$(dirname "$(dirname "$(readlink -f "$0")")")
exec "$home/lib/node" "$home/lib/node_modules/statelog/bin/run.js" "$@"
`;

const { values } = parseArgs({
  options: {
    arch: { type: 'string', default: process.arch },
    node: { type: 'string', default: process.versions.node },
    'node-binary': { type: 'string' },
    to: { type: 'string', default: process.cwd() },
  },
});
const { arch } = values;
if (!ARCHES.includes(arch)) throw new RangeError(`--arch is one of ${ARCHES.join(', ')}`);
ensureInstalled();
runStep('build', process.execPath, ['scripts/build.mjs']);
const folder = mkdtempSync(path.join(tmpdir(), 'statelog-with-node-'));
try {
  process.stdout.write(`${packed()}\n`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function packed() {
  const { version } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'));
  const name = `statelog-${version}-linux-${arch}`;
  const home = path.join(folder, name);
  const library = path.join(home, 'lib');
  const bin = path.join(home, 'bin');
  const pages = path.join(home, 'share', 'man', 'man1');
  for (const one of [library, bin, pages]) mkdirSync(one, { recursive: true });
  install(library);
  copyFileSync(values['node-binary'] ?? fetchedNode(), path.join(library, 'node'));
  chmodSync(path.join(library, 'node'), 0o755);
  const program = path.join(library, 'node_modules', 'statelog');
  // What was compiled on this host is for this host's Node: another one would compile it anew all the same.
  if (values['node-binary'] !== undefined || arch !== process.arch || values.node !== process.versions.node)
    rmSync(path.join(program, 'dist', 'code-cache'), { recursive: true, force: true });
  writeFileSync(path.join(bin, 'statelog'), STARTER);
  chmodSync(path.join(bin, 'statelog'), 0o755);
  copyFileSync(path.join(program, 'dist', 'statelog.1'), path.join(pages, 'statelog.1'));
  for (const page of ['README.md', 'LICENSE']) copyFileSync(path.join(root, page), path.join(home, page));
  const tar = path.resolve(values.to, `${name}.tar.gz`);
  must('tar', ['-C', folder, '--owner=0', '--group=0', '--numeric-owner', '--sort=name', '-czf', tar, name]);
  return tar;
}

/** The package and what it depends on, for those processors. */
function install(library) {
  const [{ filename }] = JSON.parse(
    must('npm', ['pack', '--ignore-scripts', '--json', '--pack-destination', folder], root),
  );
  const platform = [`--cpu=${arch}`, '--os=linux', '--libc=glibc'];
  const quietly = [
    '--omit=dev',
    '--ignore-scripts',
    '--no-audit',
    '--no-fund',
    '--no-package-lock',
    '--no-save',
  ];
  writeFileSync(path.join(library, 'package.json'), '{}');
  must('npm', ['install', '--prefix', library, ...platform, ...quietly, path.join(folder, filename)]);
  for (const left of [
    'package.json',
    path.join('node_modules', '.package-lock.json'),
    path.join('node_modules', '.bin'),
  ])
    rmSync(path.join(library, left), { recursive: true, force: true });
}

/** Node's program, out of the package that has it. */
function fetchedNode() {
  const wanted = `node-linux-${arch}@${values.node}`;
  const [{ filename }] = JSON.parse(must('npm', ['pack', '--json', '--pack-destination', folder, wanted]));
  must('tar', ['-C', folder, '-xzf', path.join(folder, filename), 'package/bin/node']);
  return path.join(folder, 'package', 'bin', 'node');
}

/** @param {string} command @param {readonly string[]} commandArguments @param {string} [cwd] */
function must(command, commandArguments, cwd = folder) {
  const { status, stdout, stderr } = spawnSync(command, commandArguments, { cwd, encoding: 'utf8' });
  if (status === 0) return stdout;
  throw new Error(`${command} ${commandArguments.join(' ')} ended with ${status}: ${stderr}`);
}
