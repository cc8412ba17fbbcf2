// Writes src/engine/wal/sums/batch-sum-code.ts anew, from the instructions: `node --import tsx scripts/make-batch-sum.mjs`.
import { Buffer } from 'node:buffer';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { batchSumCode } from './batch-sum/instructions.mjs';
import { root } from './run-step.mjs';

const LINE_CHARACTERS = 96;

const base64 = Buffer.from(batchSumCode()).toString('base64');
const lines = base64.match(new RegExp(`.{1,${LINE_CHARACTERS}}`, 'g')).map((line) => `  '${line}',`);
writeFileSync(
  path.join(root, 'src', 'engine', 'wal', 'sums', 'batch-sum-code.ts'),
  `/**
 * The WebAssembly that sums a batch of records, in base64. The script make-batch-sum writes this file, out of the
 * instructions beside it; a test says when the two differ.
 */
export const BATCH_SUM_CODE = [
${lines.join('\n')}
].join('');
`,
);
