import { execFileSync } from 'node:child_process';
import test from 'ava';
import fc from 'fast-check';
import {
  commandText,
  cutHint,
  repairHint,
  verifyHint,
} from '../../../src/engine/bytes/text/command-hints.js';

test('a command is in quotes, and a word that a shell would take apart is quoted by itself', (t) => {
  t.is(commandText('statelog', 'verify', 'data/orders'), "'statelog verify data/orders'");
  t.is(commandText('statelog', 'verify', "it's mine"), String.raw`statelog verify 'it'\''s mine'`);
});

test('what is repaired goes to a name beside it that says what it is', (t) => {
  t.regex(repairHint('orders/'), /^run 'statelog repair orders\/ --into orders-repaired' to /);
  t.regex(repairHint('a.d/orders.snap'), / --into a\.d\/orders-repaired\.snap' to /);
  t.regex(repairHint('wal-0.log'), / --into wal-0-repaired\.log' to /);
  t.regex(verifyHint('orders'), /^run 'statelog verify orders' to /);
  t.regex(cutHint('wal-0.log'), /^run 'statelog repair wal-0\.log' to /);
});

test('a shell reads the words of a command as they were', (t) => {
  const word = fc.string({
    unit: fc.constantFrom('a', ' ', "'", '"', '$', '\\', '*', '\n', '-', '~'),
    minLength: 1,
  });
  fc.assert(
    fc.property(word, (path) => {
      const text = commandText('printf', '%s', path);
      const command = text.startsWith("'printf") ? text.slice(1, -1) : text;
      t.is(execFileSync('sh', ['-c', command], { encoding: 'utf8' }), path);
    }),
    { numRuns: 60 },
  );
});
