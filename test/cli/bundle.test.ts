import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import test from 'ava';
import { bundle } from '../../scripts/bundle.mjs';
import { tempDir } from '../support/temp-dir.js';

/** A module that is loaded when needed, with constants of all kinds. */
const MODULE = `
import { BASE } from './base.js';
const WORD_BYTES = 4;
const FIELD = BASE + 2;
export const RECORD_BYTES = WORD_BYTES * (FIELD + 1);
const NAME = 'a, OTHER = 5, "quoted"';
const HALF = 0x1_0000n << 16n;
const STARTED_AT = Number(process.argv[2]);
const AFTER = STARTED_AT + 1;
let COUNT = 0;
const SHAPE = { WORD_BYTES, NAME: [FIELD, 7] };
export function told(): string {
  COUNT = COUNT + WORD_BYTES;
  COUNT += 1;
  return [WORD_BYTES, FIELD, RECORD_BYTES, NAME, HALF, STARTED_AT, AFTER, COUNT, JSON.stringify(SHAPE)].join('|');
}
`;

test('a bundle gives the constants of modules that are loaded when needed their values once and for all', async (t) => {
  const folder = tempDir(t);
  const file = path.join(folder, 'program.cjs');
  writeFileSync(path.join(folder, 'base.ts'), 'export const BASE = 40;\n');
  writeFileSync(path.join(folder, 'module.ts'), MODULE);
  writeFileSync(
    path.join(folder, 'entry.ts'),
    "void import('./module.js').then(({ told, RECORD_BYTES }) => { told(); console.log(told() + RECORD_BYTES); });\n",
  );
  await bundle(path.join(folder, 'entry.ts'), file);

  const { stdout, stderr } = spawnSync(process.execPath, [file, '100'], { encoding: 'utf8' });
  t.is(stderr, '');
  const shape = '{"WORD_BYTES":4,"NAME":[42,7]}';
  t.is(stdout, `4|42|172|a, OTHER = 5, "quoted"|4294967296|100|101|10|${shape}172\n`);
  const text = readFileSync(file, 'utf8');
  t.regex(
    text,
    /var WORD_BYTES=4,FIELD=42,RECORD_BYTES=WORD_BYTES\*\(FIELD\+1\),NAME='a, OTHER = 5, \"quoted\"',HALF=/,
  );
  // What is worked out when the module is loaded, or changes, stays a variable.
  t.regex(text, /\bSTARTED_AT,AFTER,COUNT,SHAPE,init_module=/);
});
