#!/usr/bin/env node
'use strict';

const path = require('node:path');

try {
  require('../dist/cli.cjs').start(path.join(__dirname, '..'));
} catch (error) {
  const [what] = String(error.message).split('\n');
  process.stderr.write(
    `statelog: ${what}; the installation is not whole: install statelog again, or run npm run build\n`,
  );
  process.exitCode = 70;
}
