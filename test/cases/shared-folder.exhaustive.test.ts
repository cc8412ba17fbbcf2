import test from 'ava';
import { needing } from '../support/needing.js';
import { InstalledProgram, isRoot } from './installed-program.js';

const MINUTES_MAX = 10;

needing(
  test,
  'root',
  isRoot,
)('the fault of 24-shared-folder-sweep.sh is gone', async (t) => {
  t.timeout(MINUTES_MAX * 60_000);
  const program = new InstalledProgram();
  t.teardown(() => {
    program.remove();
  });
  const { code, said } = await program.run('24-shared-folder-sweep.sh');
  t.is(code, 0, said);
});
