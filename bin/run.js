#!/usr/bin/env node
'use strict';

const { readFileSync } = require('node:fs');
const path = require('node:path');
const vm = require('node:vm');

const root = path.join(__dirname, '..');
const dist = path.join(root, 'dist');
const [, , command = ''] = process.argv;
/** Node's own, as `node:module` gives it, which takes a millisecond to load. */
const Module = module.constructor;

/**
 * What V8 made of a file of the program when it was built, and what it needs of it for this command; undefined where none was
 * kept. V8 checks little of what it is given, dies of what is damaged, and runs what another program of the same length was: so
 * it was kept twice, with the program between, and all of it must agree. Comparing takes no time, a checksum takes a
 * module of Node's.
 */
function codeCache(name, source) {
  if (!/^[a-z-]+$/.test(command)) return undefined;
  let kept;
  try {
    kept = readFileSync(path.join(dist, 'code-cache', name, command));
  } catch {
    return undefined;
  }
  const bytes = (kept.length - source.length) / 2;
  if (!Number.isInteger(bytes) || bytes <= 0) return undefined;
  const cache = kept.subarray(0, bytes);
  const rest = kept.subarray(bytes);
  return rest.subarray(source.length).equals(cache) && rest.subarray(0, source.length).equals(source)
    ? cache
    : undefined;
}

/** Loads a file of the program as `require` does, without compiling it anew. Where V8 is another one, it compiles it. */
function load(name) {
  const file = path.join(dist, name);
  const before = require.cache[file];
  if (before !== undefined) return before.exports;
  const source = readFileSync(file);
  const cachedData = codeCache(name, source);
  if (cachedData === undefined) return require(file);
  const script = new vm.Script(Module.wrap(source.latin1Slice()), { filename: file, cachedData });
  // Whoever asks for it by its name gets this one, as with `require`: help finds the commands so.
  const loaded = new Module(file);
  require.cache[file] = loaded;
  script.runInThisContext()(loaded.exports, requireFrom, loaded, file, dist);
  return loaded.exports;
}

/** A package is found from here as from there. */
function requireFrom(name) {
  return name.startsWith('./') ? load(name.slice(2)) : require(name);
}

try {
  load('cli.cjs').start(root);
} catch (error) {
  const [what] = String(error.message).split('\n');
  process.stderr.write(
    `statelog: ${what}; the installation is not whole: install statelog again, or run npm run build\n`,
  );
  process.exitCode = 70;
}
