import test from 'ava';
import fc from 'fast-check';
import { cutFromEnd, cutTo, displayWidth } from '../../src/cli/terminal/shown/display-width.js';

test('wide characters take two columns, marks over others none, and blocks and dots one', (t) => {
  t.is(displayWidth('abc'), 3);
  t.is(displayWidth('日本語'), 6);
  t.is(displayWidth('한국어 ｱ Ａ'), 11);
  t.is(displayWidth('🙂🚀'), 4);
  t.is(displayWidth('e\u0301'), 1);
  t.is(displayWidth('█░▒╳▁…'), 6);
});

test('what is cut takes no more than its columns, and no fewer than one less, whatever it is made of', (t) => {
  fc.assert(
    fc.property(
      fc.array(fc.constantFrom('a', '日', '🙂', 'é', '한'), { maxLength: 30 }),
      fc.integer({ min: 2, max: 20 }),
      (characters, columns) => {
        const text = characters.join('');
        for (const cut of [cutTo(columns, text), cutFromEnd(columns, text)]) {
          if (displayWidth(text) <= columns) t.is(cut, text);
          else t.true(displayWidth(cut) <= columns && displayWidth(cut) >= columns - 1, cut);
        }
      },
    ),
  );
  t.is(cutTo(6, 'orders-日本'), 'order…');
  t.is(cutFromEnd(6, 'orders-日本'), '…-日本');
});
