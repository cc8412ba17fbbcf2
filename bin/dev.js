#!/usr/bin/env node
'use strict';

// The command line from its sources, without a build.
const path = require('node:path');

void (async () => {
  const { register } = await import('tsx/esm/api');
  register();
  const { start } = await import('../src/cli/program/start.ts');
  start(path.join(__dirname, '..'));
})();
