// A process that runs commands, one after the other, and keeps what V8 compiled for all of them: `warm-up.cjs DIST ORDER`, ORDER
// the JSON of a `WarmUp` of code-cache.mjs.
'use strict';

const { createHash } = require('node:crypto');
const { mkdirSync, readFileSync, writeFileSync } = require('node:fs');
const Module = require('node:module');
const path = require('node:path');
const vm = require('node:vm');

const [, , dist, order] = process.argv;
const { name: cacheName, files, commands } = JSON.parse(order);
const commandsLeft = [...commands];
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

/**
 * As `codeCache` of bin/run.js reads it: the program once, and what was made of it twice, each with the digest of
 * the program that it belongs to.
 */
function keep(name) {
  const { source, script } = loaded.get(name);
  const folder = path.join(dist, 'code-cache', name);
  mkdirSync(folder, { recursive: true });
  const digest = createHash('sha256').update(source).digest();
  const cache = script.createCachedData();
  writeFileSync(path.join(folder, 'program'), Buffer.concat([digest, source]));
  writeFileSync(path.join(folder, cacheName), Buffer.concat([digest, cache, cache]));
}

function runNext() {
  process.removeAllListeners();
  process.argv.splice(2, Infinity, ...commandsLeft.shift());
  load('cli.cjs').start(path.join(dist, '..'));
}

const { exit } = process;
process.exit = (code) => {
  if (code === 0 && commandsLeft.length > 0) {
    setImmediate(runNext);
    return;
  }
  if (code === 0) files.filter((name) => loaded.has(name)).forEach(keep);
  else process.stderr.write(`${process.argv.slice(2).join(' ')}: `);
  exit(code);
};
runNext();
