import test from 'ava';
import { programFile } from '../../support/program.js';
import { KILLED_STORES, killAgainAndAgain } from './killed-session.js';

let program = '';

test.before(async () => {
  program = await programFile();
});

for (const place of KILLED_STORES) {
  test(`killed 70 times, a session of ${place[0]} loses nothing that it answered, and leaves no group half there`, async (t) => {
    t.timeout(600_000);
    // What is to be read at each start grows with the rounds.
    for (let rounds = 0; rounds < 70; rounds += 10) await killAgainAndAgain(t, program, place, 10);
  });
}
