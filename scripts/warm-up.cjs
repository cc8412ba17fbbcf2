// A process that runs one command and keeps what V8 compiled for it: `warm-up.cjs PROGRAM CACHE COMMAND…`.
'use strict';

const { readFileSync, writeFileSync } = require('node:fs');
const Module = require('node:module');
const path = require('node:path');
const vm = require('node:vm');
const { crc32 } = require('node:zlib');

const [, , program, cache, ...commandLine] = process.argv;
const source = readFileSync(program);
const script = new vm.Script(Module.wrap(source.latin1Slice()), { filename: program });
const module_ = { exports: {} };
script.runInThisContext()(
  module_.exports,
  Module.createRequire(program),
  module_,
  program,
  path.dirname(program),
);
process.argv.splice(2, Infinity, ...commandLine);
const { exit } = process;
process.exit = (code) => {
  if (code === 0) {
    const data = script.createCachedData();
    const checksum = Buffer.alloc(4);
    checksum.writeUInt32LE(crc32(source, crc32(data)));
    writeFileSync(cache, Buffer.concat([data, checksum]));
  }
  exit(code);
};
module_.exports.start(path.join(path.dirname(program), '..'));
