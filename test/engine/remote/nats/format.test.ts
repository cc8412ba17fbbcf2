import test from 'ava';
import { parseBucketAddress } from '../../../../src/engine/remote/nats/format/bucket-address.js';
import { checkPrefix, isSubjectSafe } from '../../../../src/engine/remote/nats/format/bucket-key.js';
import { isDelete, parseDelivery } from '../../../../src/engine/remote/nats/format/delivery.js';
import { parseStreamInfo } from '../../../../src/engine/remote/nats/format/stream-info.js';
import { failureOf } from '../../../support/failure.js';

test('an address names servers and a bucket, and is shown without its credentials', (t) => {
  const address = parseBucketAddress('nats://us%40er:p%3Aw@one:4222,[::1]:4223,three/routes');
  t.deepEqual(address.servers, ['one:4222', '[::1]:4223', 'three']);
  t.is(address.bucket, 'routes');
  t.is(address.user, 'us@er');
  t.is(address.password, 'p:w');
  t.is(address.shown, 'nats://one:4222,[::1]:4223,three/routes');
  t.is(parseBucketAddress('nats://secret@h/b').token, 'secret');
  t.true(parseBucketAddress('tls://h/b').isEncrypted);
  t.deepEqual(parseBucketAddress('nats:///b').servers, []);
});

test('what is no address is refused without being shown', (t) => {
  for (const text of [
    'http://h/b',
    'nats://h',
    'nats://u:secret@h/b/c',
    'nats://u:secret@h:x/b',
    'nats://u:secret@h/b.c',
    'nats://u:sec%ret@h/b',
  ]) {
    const error = failureOf(() => parseBucketAddress(text));
    t.is(error.code, 'INVALID_ARGUMENT', text);
    t.notRegex(`${error.message} ${JSON.stringify(error.details)}`, /sec/);
  }
});

test('a prefix ends where a word of a subject does', (t) => {
  for (const prefix of ['a.', 'a.b.', 'ключ.']) t.notThrows(() => checkPrefix(prefix));
  for (const prefix of ['a', '.', 'a..', 'a.*.', 'a b.', '>.'])
    t.is(failureOf(() => checkPrefix(prefix)).code, 'INVALID_ARGUMENT', prefix);
  t.true(isSubjectSafe('a$b/c=_-.d'));
  t.false(isSubjectSafe('a.'));
});

test('the place of a message is read in both forms of its reply subject', (t) => {
  const delivery = { revision: 12n, consumerSequence: 7, writtenAtMs: 1_700_000_000_123, pending: 3 };
  t.deepEqual(parseDelivery('$JS.ACK.KV_b.c.1.12.7.1700000000123456789.3'), delivery);
  t.deepEqual(parseDelivery('$JS.ACK.hub.acct.KV_b.c.1.12.7.1700000000123456789.3'), delivery);
  t.deepEqual(parseDelivery('$JS.ACK.hub.acct.KV_b.c.1.12.7.1700000000123456789.3.token'), delivery);
  for (const reply of ['', '_INBOX.x', '$JS.ACK.KV_b.c.1.12.7.x.3', '$JS.ACK.KV_b.c.1.12.7.3'])
    t.is(parseDelivery(reply), undefined, reply);
});

test('DEL, PURGE and an empty value delete; nothing else does', (t) => {
  t.true(isDelete('DEL', 5));
  t.true(isDelete('PURGE', 0));
  t.true(isDelete('', 0));
  t.true(isDelete('PUT', 0));
  t.false(isDelete('', 1));
  t.false(isDelete('PUT', 1));
});

test('a bucket drops current values by age, by TTLs of messages, or where the oldest make room', (t) => {
  const info = (config: object): unknown => {
    const fields = {
      config,
      created: 'then',
      state: { first_seq: 2, last_seq: 9 },
      ts: '2026-01-02T03:04:05Z',
    };
    return parseStreamInfo('b', fields)?.retention;
  };
  t.deepEqual(info({ discard: 'new', max_bytes: 5, max_age: 0 }), { maxAgeMs: 0, evictsOtherwise: false });
  t.deepEqual(info({ discard: 'old', max_bytes: -1, max_age: 3_000_000 }), {
    maxAgeMs: 3,
    evictsOtherwise: false,
  });
  t.deepEqual(info({ discard: 'old', max_bytes: 5 }), { maxAgeMs: 0, evictsOtherwise: true });
  t.deepEqual(info({ max_msgs: 5 }), { maxAgeMs: 0, evictsOtherwise: true });
  t.deepEqual(info({ discard: 'new', allow_msg_ttl: true }), { maxAgeMs: 0, evictsOtherwise: true });
  t.is(parseStreamInfo('b', { config: {}, created: 'then', state: {} }), undefined);
  t.is(
    parseStreamInfo('copy', {
      config: { mirror: { name: 'KV_b' } },
      created: 'x',
      state: { first_seq: 0, last_seq: 0 },
    })?.subjectStart,
    '$KV.b.',
  );
});
