import test from 'ava';
import fc from 'fast-check';
import { escapedText, Html, markup } from '../../../src/cli/report/page/html.js';
import { shownBy } from './page.js';
import { anyCharacter } from '../../support/any-text.js';

/** Text of any code units, halves of pairs and whatever hides or turns text round among them. */
const anyText = fc.oneof(
  fc.string({ unit: anyCharacter }),
  fc.array(fc.integer({ min: 0, max: 0xffff })).map((units) => String.fromCharCode(...units)),
  fc
    .array(
      fc.constantFrom(
        '<',
        '>',
        '&',
        '"',
        "'",
        '\u202e',
        '\u2067',
        '\0',
        '\x1b',
        '\x9b',
        '\u200b',
        '\ufeff',
        'a',
      ),
    )
    .map((parts) => parts.join('')),
);

test('text in a page has no character that is markup, control, hidden, or turns text round', (t) => {
  fc.assert(
    fc.property(anyText, (text) => {
      const escaped = escapedText(text);
      t.notRegex(escaped, /[<>"']|&(?!(amp|lt|gt|quot|#39);)/);
      t.notRegex(escaped, /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}]/u);
    }),
  );
});

test('what can be seen is shown as it is', (t) => {
  fc.assert(
    fc.property(fc.stringMatching(/^[ -~é日😀]*$/u), (text) => {
      t.is(shownBy(markup`<p title="${text}">${text}</p>`.text), text);
    }),
  );
});

test('only pieces of a page stand in it as they are', (t) => {
  t.is(
    markup`<b>${'<i>'}${new Html('<u>')}${[markup`<s>`, markup`${1}`]}${undefined}</b>`.text,
    '<b>&lt;i&gt;<u><s>1</b>',
  );
});
