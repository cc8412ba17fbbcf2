#!/usr/bin/env node
'use strict';

const { closeSync, fstatSync, openSync, readFileSync, readSync } = require('node:fs');
const path = require('node:path');
const vm = require('node:vm');

const root = path.join(__dirname, '..');
const dist = path.join(root, 'dist');
const [, , command = ''] = process.argv;
/** The name of what was kept for all commands that have none of their own. */
const OTHERS = 'others';
/** A SHA-256. */
const DIGEST_BYTES = 32;
/** Node's own, as `node:module` gives it, which takes a millisecond to load. */
const Module = module.constructor;

/** What is only compared is read a piece at a time: memory that is read into is there until the process ends, as a rule. */
const piece = Buffer.allocUnsafeSlow(128 * 1024);

/**
 * What V8 made of a file of the program when it was built, and what it needs of it for this command; undefined where none was
 * kept. V8 checks little of what it is given, dies of what is damaged, and runs what another program of the same length was: so
 * it was kept twice, the program was kept beside it, each with the program's digest, and all of it must agree. Comparing takes
 * no time, computing a digest takes a module of Node's.
 */
function codeCache(name, source) {
  const file = openKept(name, /^[a-z-]+$/.test(command) ? command : OTHERS) ?? openKept(name, OTHERS);
  const program = openKept(name, 'program');
  try {
    if (file === undefined || program === undefined) return undefined;
    const bytes = (fstatSync(file).size - DIGEST_BYTES) / 2;
    if (!Number.isInteger(bytes) || bytes <= 0) return undefined;
    if (fstatSync(program).size !== DIGEST_BYTES + source.length) return undefined;
    const digest = Buffer.alloc(DIGEST_BYTES);
    const cache = Buffer.allocUnsafeSlow(bytes);
    if (!isRead(file, 0, digest) || !isRead(file, DIGEST_BYTES, cache)) return undefined;
    const isWhole = isAt(file, DIGEST_BYTES + bytes, cache);
    const isOfProgram = isAt(program, 0, digest) && isAt(program, DIGEST_BYTES, source);
    return isWhole && isOfProgram ? cache : undefined;
  } finally {
    if (file !== undefined) closeSync(file);
    if (program !== undefined) closeSync(program);
  }
}

function openKept(name, kept) {
  try {
    return openSync(path.join(dist, 'code-cache', name, kept));
  } catch {
    return undefined;
  }
}

/** Fills a buffer from a place in an open file; false where that ends before. */
function isRead(file, at, buffer) {
  for (let filled = 0; filled < buffer.length;) {
    const read = readSync(file, buffer, filled, buffer.length - filled, at + filled);
    if (read === 0) return false;
    filled += read;
  }
  return true;
}

/** True where an open file has these bytes at a place. */
function isAt(file, at, bytes) {
  for (let start = 0; start < bytes.length; start += piece.length) {
    const expected = bytes.subarray(start, start + piece.length);
    const found = piece.subarray(0, expected.length);
    if (!isRead(file, at + start, found) || !found.equals(expected)) return false;
  }
  return true;
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
  const program = load('cli.cjs');
  // A thread that the program starts loads it by this file too.
  if (require.main === module) program.start(root);
  else module.exports = program;
} catch (error) {
  const [what] = String(error.message).split('\n');
  process.stderr.write(
    `statelog: ${what}; the installation is not whole: install statelog again, or run npm run build\n`,
  );
  process.exitCode = 70;
}
