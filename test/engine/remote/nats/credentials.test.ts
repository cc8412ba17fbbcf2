import test from 'ava';
import { connectSettings, type Environment } from '../../../../src/engine/remote/nats/client/credentials.js';
import { parseBucketAddress } from '../../../../src/engine/remote/nats/format/bucket-address.js';
import { createDirectoryTree, createFile } from '../../../../src/engine/storage-io/whole/atomic-write.js';
import { SimulatedFileSystem } from '../../../simulated-disk/index.js';
import { failureOf } from '../../../support/failure.js';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const SEED = 'SUAMK2FG4MI6UE3ACF3FK3OIQBCEIEZV7NSWFFEW63UXMRLFM2XLAXK4GY';

function diskWith(files: Readonly<Record<string, string>>): SimulatedFileSystem {
  const fileSystem = new SimulatedFileSystem();
  for (const [path, text] of Object.entries(files)) {
    createDirectoryTree(fileSystem, path.slice(0, path.lastIndexOf('/')));
    createFile(fileSystem, path, bytes(text));
  }
  return fileSystem;
}

const FILES = {
  '/c/my.creds': 'creds',
  '/c/my.nk': `# comment\n${SEED}\n`,
  '/c/ca.pem': 'authority',
  '/who/.config/nats/context.txt': 'chosen\n',
  '/who/.config/nats/context/chosen.json': JSON.stringify({
    url: 'nats://ctx:4222',
    user: 'ctx',
    password: 'ctxpw',
  }),
  '/who/.config/nats/context/other.json': JSON.stringify({
    url: 'nats://oth',
    creds: '~/own.creds',
    inbox_prefix: '_X',
  }),
  '/who/own.creds': 'own',
};

function settings(address: string, environment: Environment): ReturnType<typeof connectSettings> {
  return connectSettings(parseBucketAddress(address), { HOME: '/who', ...environment }, diskWith(FILES));
}

test('the first place that names anyone is taken whole', (t) => {
  const all = {
    NATS_CREDS: '/c/my.creds',
    NATS_NKEY: '/c/my.nk',
    NATS_USER: 'u',
    NATS_PASSWORD: 'p',
    NATS_TOKEN: 't',
  };
  const inAddress = settings('nats://a:b@h/b', all);
  t.deepEqual([inAddress.user, inAddress.password, inAddress.creds], ['a', 'b', undefined]);
  t.deepEqual(settings('nats://h/b', all).creds, bytes('creds'));
  t.deepEqual(settings('nats://h/b', { ...all, NATS_CREDS: '' }).seed, bytes(SEED));
  const { user, password, token } = settings('nats://h/b', {
    NATS_USER: 'u',
    NATS_PASSWORD: 'p',
    NATS_TOKEN: 't',
  });
  t.deepEqual([user, password, token], ['u', 'p', undefined]);
  t.is(settings('nats://h/b', { NATS_TOKEN: 't' }).token, 't');
  t.is(settings('nats://h/b', { NATS_CA: '/c/ca.pem' }).ca, 'authority');
});

test('a host that is named never gets what a selected context holds', (t) => {
  const named = settings('nats://h/b', {});
  t.deepEqual([named.servers, named.user], [['h'], undefined]);
  const selected = settings('nats:///b', {});
  t.deepEqual([selected.servers, selected.user, selected.password], [['ctx:4222'], 'ctx', 'ctxpw']);
  const asked = settings('nats://h/b', { NATS_CONTEXT: 'other' });
  t.deepEqual([asked.servers, asked.creds, asked.inboxPrefix], [['h'], bytes('own'), '_X']);
});

test('NATS_URL names servers and whoever it names, for an address without a host', (t) => {
  const { servers, user, password, isEncrypted } = settings('nats:///b', { NATS_URL: 'tls://u:p@one:1,two' });
  t.deepEqual([servers, user, password, isEncrypted], [['one:1', 'two'], 'u', 'p', true]);
  t.is(settings('nats://h/b', { NATS_URL: 'nats://u:p@one' }).user, undefined);
});

test('no host, no context of that name, and one that cannot be read are each said without a secret', (t) => {
  const bare = connectSettings.bind(undefined, parseBucketAddress('nats:///b'), {}, diskWith({}));
  t.is(failureOf(bare).code, 'INVALID_ARGUMENT');
  t.is(failureOf(() => settings('nats:///b', { NATS_CONTEXT: 'absent' })).code, 'NOT_FOUND');
  t.is(failureOf(() => settings('nats:///b', { NATS_CONTEXT: '../x' })).code, 'INVALID_ARGUMENT');
  t.is(failureOf(() => settings('nats://h/b', { NATS_CREDS: '/c/absent' })).code, 'NOT_FOUND');
});
