import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { DAMAGE_CASES } from './cases.js';

/*
 * Makes every damaged file in a folder, each below its own name, to look at them by hand:
 *
 *     npx tsx test/damage/make.ts /tmp/damaged && statelog verify /tmp/damaged/segment-with-a-flipped-bit/wal-0.log
 */

const [folder] = process.argv.slice(2);
if (folder === undefined) throw new Error('which folder?');
for (const { name, make } of DAMAGE_CASES) {
  const place = path.join(folder, name);
  mkdirSync(place, { recursive: true });
  const { path: made, release } = await make(place);
  release?.();
  process.stdout.write(`${made}\n`);
}
