import { readdirSync } from 'node:fs';
import path from 'node:path';
import test from 'ava';
import { needing } from '../support/needing.js';
import { projectRoot } from '../support/project-root.js';
import { InstalledProgram, isRoot, needsRoot } from './installed-program.js';

/** One only shows messages, the other sweeps for minutes and has tests of its own. */
const OTHERS = ['20-messages.sh', '24-shared-folder-sweep.sh'];
const scripts = readdirSync(path.join(projectRoot, 'test', 'cases')).filter((name) =>
  /^\d.*\.sh$/.test(name),
);
const MINUTES_MAX = 4;
const program = new InstalledProgram();

test.after.always(() => {
  program.remove();
});

for (const name of scripts.filter((script) => !OTHERS.includes(script))) {
  needing(
    test.serial,
    'root',
    isRoot || !needsRoot(name),
  )(`the fault of ${name} is gone`, async (t) => {
    t.timeout(MINUTES_MAX * 60_000);
    const { code, said } = await program.run(name);
    t.is(code, 0, said);
  });
}
