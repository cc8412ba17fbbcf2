import test from 'ava';
import {
  isClaimedByAnother,
  nextClaimant,
  releaseClaim,
  takeClaim,
} from '../../../src/engine/bytes/shared/shared-claim.js';

const COUNTER = 0;
const CLAIM = 1;

function freshWords(): Int32Array {
  return new Int32Array(new SharedArrayBuffer(8));
}

test('an end is claimed by one, who may claim it again, until it gives it back', (t) => {
  const words = freshWords();
  const [first, second] = [nextClaimant(words, COUNTER), nextClaimant(words, COUNTER)];
  takeClaim(words, CLAIM, first, 'door');
  takeClaim(words, CLAIM, first, 'door');
  t.true(isClaimedByAnother(words, CLAIM, second));
  t.false(isClaimedByAnother(words, CLAIM, first));
  t.throws(
    () => {
      takeClaim(words, CLAIM, second, 'door');
    },
    { instanceOf: TypeError, message: /^the door is in use/ },
  );
  releaseClaim(words, CLAIM, second);
  t.true(isClaimedByAnother(words, CLAIM, second));
  releaseClaim(words, CLAIM, first);
  t.false(isClaimedByAnother(words, CLAIM, second));
  takeClaim(words, CLAIM, second, 'door');
});

test('no claimant has the number of nobody, even after 2^32 of them', (t) => {
  const words = freshWords();
  words[COUNTER] = -2;
  t.deepEqual(
    [nextClaimant(words, COUNTER), nextClaimant(words, COUNTER), nextClaimant(words, COUNTER)],
    [-1, 1, 2],
  );
});
