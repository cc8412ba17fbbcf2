#!/usr/bin/env node
'use strict';

const { readFileSync } = require('node:fs');
const Module = require('node:module');
const path = require('node:path');
const vm = require('node:vm');
const { crc32 } = require('node:zlib');

const root = path.join(__dirname, '..');
const program = path.join(root, 'dist', 'cli.cjs');

/**
 * A cache ends with the checksum of it and of the program that it is of: V8 checks little of what it is given, dies of what is
 * damaged, and runs what another program of the same length was.
 */
const CHECKSUM_BYTES = 4;

/** What V8 made of the program when it was built, and what it needs for this command; undefined for other commands. */
function codeCache(source) {
  const [, , command = ''] = process.argv;
  if (!/^[a-z-]+$/.test(command)) return undefined;
  try {
    const bytes = readFileSync(path.join(root, 'dist', 'code-cache', command));
    const end = bytes.length - CHECKSUM_BYTES;
    const cache = bytes.subarray(0, end);
    return crc32(source, crc32(cache)) === bytes.readUInt32LE(end) ? cache : undefined;
  } catch {
    return undefined;
  }
}

/** Loads the program as `require` does, without compiling it anew. Where V8 is another one, it compiles it. */
function load() {
  const source = readFileSync(program);
  const cachedData = codeCache(source);
  if (cachedData === undefined) return require(program);
  const script = new vm.Script(Module.wrap(source.latin1Slice()), {
    filename: program,
    cachedData,
  });
  // Whoever asks for the program by its name gets this one, as with `require`: help finds the commands so.
  const loaded = new Module(program);
  require.cache[program] = loaded;
  script.runInThisContext()(
    loaded.exports,
    Module.createRequire(program),
    loaded,
    program,
    path.dirname(program),
  );
  return loaded.exports;
}

try {
  load().start(root);
} catch (error) {
  const [what] = String(error.message).split('\n');
  process.stderr.write(
    `statelog: ${what}; the installation is not whole: install statelog again, or run npm run build\n`,
  );
  process.exitCode = 70;
}
