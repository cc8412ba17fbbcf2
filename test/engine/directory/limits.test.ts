import test from 'ava';
import { isStatelogError } from '../../../src/engine/errors.js';
import { checkFits } from '../../../src/engine/directory/manifest/limits.js';
import { Overlay } from '../../../src/engine/directory/state/overlay.js';

const MIB = 1024 * 1024;

test('a value too long for a record is to be split; more cores would not help it', (t) => {
  const core = { coreId: 0, base: undefined, frozen: undefined, overlay: new Overlay() };
  const key = Uint8Array.of(1);
  t.notThrows(() => {
    checkFits(core, key, 255 * MIB, '/store');
  });
  const error = t.throws(
    () => {
      checkFits(core, key, 256 * MIB, '/store');
    },
    { code: 'LIMIT_EXCEEDED' },
  );
  t.true(isStatelogError(error) && error.details.hint === 'split the value');
});
