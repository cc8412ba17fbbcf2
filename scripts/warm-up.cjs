// A process that runs one command and keeps what V8 compiled for it: `warm-up.cjs DIST COMMAND…`.
'use strict';

const { mkdirSync, readFileSync, writeFileSync } = require('node:fs');
const Module = require('node:module');
const path = require('node:path');
const vm = require('node:vm');

const [, , dist, ...commandLine] = process.argv;
/** What was loaded of the program, by the files' names. */
const loaded = new Map();

function load(name) {
  const before = loaded.get(name);
  if (before !== undefined) return before.module.exports;
  const file = path.join(dist, name);
  const source = readFileSync(file);
  const script = new vm.Script(Module.wrap(source.latin1Slice()), { filename: file });
  const module_ = new Module(file);
  loaded.set(name, { source, script, module: module_ });
  script.runInThisContext()(module_.exports, requireFrom, module_, file, dist);
  return module_.exports;
}

function requireFrom(name) {
  return name.startsWith('./') ? load(name.slice(2)) : Module.createRequire(path.join(dist, 'x'))(name);
}

/** As `codeCache` of bin/run.js reads it; an earlier warm-up's stays. */
function keep(name, { source, script }) {
  const folder = path.join(dist, 'code-cache', name);
  mkdirSync(folder, { recursive: true });
  const cache = script.createCachedData();
  try {
    writeFileSync(path.join(folder, commandLine[0]), Buffer.concat([cache, source, cache]), { flag: 'wx' });
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
  }
}

process.argv.splice(2, Infinity, ...commandLine);
const { exit } = process;
process.exit = (code) => {
  if (code === 0) for (const [name, one] of loaded) keep(name, one);
  exit(code);
};
load('cli.cjs').start(path.join(dist, '..'));
