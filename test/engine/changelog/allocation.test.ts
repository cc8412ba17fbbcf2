import test from 'ava';
import { runAllocationModule } from '../../support/allocation-probe.js';

test('ten million pushes and drains allocate nothing', async (t) => {
  const { control, ...measured } = await runAllocationModule('test/engine/changelog/allocation-module.ts');
  t.true(control! > 100_000 * 12, 'the measure sees one object for each of 100,000 operations');
  t.deepEqual(Object.keys(measured), ['records', 'keys']);
  for (const [name, bytes] of Object.entries(measured)) {
    // V8's own bookkeeping, some hundred bytes; one object in a thousand operations would be 120,000
    t.true(Math.abs(bytes) < 65_536, `${name}: ${bytes} bytes`);
  }
});
