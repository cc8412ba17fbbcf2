import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test from 'ava';
import { bundle } from '../../../scripts/bundle.mjs';
import { projectRoot } from '../../support/project-root.js';
import { KILLED_STORES, killAgainAndAgain } from './killed-session.js';

const folder = mkdtempSync(path.join(tmpdir(), 'statelog-session-'));
const starter = path.join(folder, 'start.cjs');

test.before(async () => {
  await bundle('src/cli/program/start.ts', path.join(folder, 'program.cjs'));
  symlinkSync(path.join(projectRoot, 'node_modules'), path.join(folder, 'node_modules'));
  writeFileSync(starter, `require('./program.cjs').start(__dirname)`);
});
test.after.always(() => {
  rmSync(folder, { recursive: true, force: true });
});

for (const place of KILLED_STORES) {
  test(`killed 200 times, a session of ${place[0]} loses nothing that it answered, and leaves no group half there`, async (t) => {
    t.timeout(1_800_000);
    await killAgainAndAgain(t, starter, place, 200);
  });
}
