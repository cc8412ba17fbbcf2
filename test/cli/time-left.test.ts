import test from 'ava';
import { timeLeftText } from '../../src/cli/terminal/progress.js';

test('the time that is left is said once it can be told, in two units at most', (t) => {
  for (const unknown of ['INF', 'NULL', '0', 0, Infinity]) t.is(timeLeftText(unknown), '');
  t.is(timeLeftText(4), ', 4s left');
  t.is(timeLeftText(59), ', 59s left');
  t.is(timeLeftText(60), ', 1m00s left');
  t.is(timeLeftText(754), ', 12m34s left');
  t.is(timeLeftText(3600), ', 1h00m left');
  t.is(timeLeftText(400_000), ', 111h06m left');
});
