// The tests that try every bit, cut and crash, as a row of torture has them: prints the outcome as one line.
//   --shard I/N    every n-th file, from the i-th
import { parseArgs } from 'node:util';
import { runTests } from './run-tests.mjs';
import { testFiles } from './test-files.mjs';

const { values } = parseArgs({ options: { shard: { type: 'string', default: '0/1' } } });
const [shard, shards] = values.shard.split('/').map(Number);
const files = (await testFiles('exhaustive')).filter((_, index) => index % shards === shard);
const said = [];
const { passed, failed } = await runTests(files, {
  outdir: `.tmp/exhaustive-${shard}`,
  processes: 1,
  inMemory: true,
  say: (line) => said.push(line),
});
const isGood = (line) => /^\s+✔ /.test(line);
const violations =
  failed === 0
    ? []
    : [{ where: `${failed} tests`, message: said.filter((line) => !isGood(line)).join('\n') }];
console.log(JSON.stringify({ count: passed, violations, notes: [] }));
