import test from 'ava';
import { programFile } from '../../support/program.js';
import { KILLED_STORES, killAgainAndAgain } from './killed-session.js';

let program = '';

test.before(async () => {
  program = await programFile();
});

for (const place of KILLED_STORES) {
  for (const isShort of [false, true]) {
    const how = isShort ? ', asked for short answers,' : '';
    test(`killed 200 times, a session of ${place[0]}${how} loses nothing that it answered, and leaves no group half there`, async (t) => {
      t.timeout(1_800_000);
      await killAgainAndAgain(t, program, place, 200, isShort);
    });
  }
}
