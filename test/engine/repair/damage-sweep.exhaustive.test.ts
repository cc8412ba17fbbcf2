import test from 'ava';
import { SeededRandom } from '../../simulated-disk/seeded-random.js';
import { tempDir } from '../../support/temp-dir.js';
import { damagedLogs } from '../../torture/damage/damaged-logs.js';
import { checkLogDamage } from '../../torture/damage/log-damage.js';
import { damage, DAMAGE_OPERATIONS } from '../../torture/damage/operations.js';
import { mkdirSync } from 'node:fs';
import path from 'node:path';

const PLACES = 40;
const SEED = 20_261_121;

for (const log of damagedLogs()) {
  for (const operation of DAMAGE_OPERATIONS) {
    test(`${operation} at ${PLACES} places of ${log.name} loses what was hit, and it is said where`, async (t) => {
      const random = new SeededRandom(SEED);
      const folder = tempDir(t);
      for (let place = 0; place < PLACES; place++) {
        const damaged = damage(log.bytes, log.pieces, operation, random);
        const own = path.join(folder, String(place));
        mkdirSync(own);
        try {
          await checkLogDamage(log, operation, damaged, own);
        } catch (error) {
          t.fail(`${damaged.what}, place ${place}, seed ${SEED}: ${String(error)}`);
        }
      }
      t.pass();
    });
  }
}
