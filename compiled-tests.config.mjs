// How ava runs tests that scripts/tests/compile-tests.mjs has compiled; package.json says how it runs them from the sources.
export default {
  files: ['.tmp/**/*.test.js'],
  workerThreads: false,
  timeout: process.env.STATELOG_SERVERS_LONG === '1' ? '30m' : '5m',
};
