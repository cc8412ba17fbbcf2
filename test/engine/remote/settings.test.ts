import test, { type ExecutionContext } from 'ava';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { isStatelogError } from '../../../src/engine/errors.js';
import { CachedCredentials, type Credentials } from '../../../src/engine/remote/credentials/credentials.js';
import type { Environment } from '../../../src/engine/remote/credentials/profile.js';
import { s3SettingsOf } from '../../../src/engine/remote/s3/s3-settings.js';
import { realFileSystem } from '../../../src/engine/storage-io/real/real-file-system.js';
import { tempDir } from '../../support/temp-dir.js';

const WITHOUT_INSTANCE = { AWS_EC2_METADATA_DISABLED: 'true' };

/** A home with these files of profiles. */
function home(
  t: ExecutionContext,
  files: { readonly config?: string; readonly credentials?: string } = {},
): string {
  const folder = tempDir(t);
  mkdirSync(path.join(folder, '.aws'));
  for (const [name, text] of Object.entries(files)) writeFileSync(path.join(folder, '.aws', name), text);
  return folder;
}

function settings(environment: Environment) {
  return s3SettingsOf('bucket', realFileSystem(), environment);
}

function credentials(environment: Environment): Promise<Credentials> {
  return settings({ ...WITHOUT_INSTANCE, ...environment }).credentials.get();
}

/** A server on 127.0.0.1 that answers as it is told. */
async function server(
  t: ExecutionContext,
  answer: (request: IncomingMessage, response: ServerResponse, body: string) => void,
): Promise<string> {
  const http = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (text: string) => (body += text));
    request.on('end', () => answer(request, response, body));
  });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  t.teardown(() => http.close());
  return `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
}

const GIVEN = {
  AccessKeyId: 'ID',
  SecretAccessKey: 'SECRET',
  Token: 'TOKEN',
  Expiration: '2100-01-01T00:00:00Z',
};

test('credentials of the environment come before those of a profile', async (t) => {
  const HOME = home(t, { credentials: '[default]\naws_access_key_id = P\naws_secret_access_key = PS\n' });
  const keys = { AWS_ACCESS_KEY_ID: 'E', AWS_SECRET_ACCESS_KEY: 'ES' };
  t.is((await credentials({ HOME, ...keys })).accessKeyId, 'E');
  t.is((await credentials({ HOME, ...keys, AWS_SESSION_TOKEN: 'T' })).sessionToken, 'T');
  t.is((await credentials({ HOME })).secretAccessKey, 'PS');
  const half = await t.throwsAsync(credentials({ HOME, AWS_ACCESS_KEY_ID: 'E' }));
  t.regex(half.message, /AWS_ACCESS_KEY_ID is set, and AWS_SECRET_ACCESS_KEY is not/);
});

test('a profile is put together from both files, and one that is not there is an error', async (t) => {
  const HOME = home(t, {
    config: '[profile backup] # nightly\nregion = eu-north-1 ; Stockholm\n\n[default]\nregion=us-west-2\n',
    credentials: '[backup]\naws_access_key_id = B\naws_secret_access_key = a/b+c=d#e\naws_session_token=T\n',
  });
  const found = await credentials({ HOME, AWS_PROFILE: 'backup' });
  t.like(found, { accessKeyId: 'B', secretAccessKey: 'a/b+c=d#e', sessionToken: 'T' });
  t.is(settings({ HOME, AWS_PROFILE: 'backup' }).region, 'eu-north-1');
  t.is(settings({ HOME }).region, 'us-west-2');
  t.is(settings({ HOME, AWS_REGION: 'auto' }).region, 'auto');
  const missing = t.throws(() => settings({ HOME, AWS_PROFILE: 'none' }));
  t.true(isStatelogError(missing, 'INVALID_ARGUMENT'));
  const nothing = await t.throwsAsync(credentials({ HOME }));
  t.true(isStatelogError(nothing, 'PERMISSION_DENIED'));
});

test('the endpoint is that of the variable, of the services that the profile names, or of the profile', (t) => {
  const HOME = home(t, {
    config: [
      '[profile one]\nendpoint_url = http://profile:1\nservices = mine',
      '[services mine]\ns3 =\n  endpoint_url = http://services:2/base/\ndynamodb =\n  endpoint_url = http://no:3',
      '[profile two]\nendpoint_url = https://profile:4\ns3 =\n  addressing_style = virtual',
      '[profile three]\nregion = cn-north-1',
    ].join('\n'),
  });
  const of = (name: string, more: Environment = {}): [string, boolean] => {
    const { endpoint, isPathStyle } = settings({ HOME, AWS_PROFILE: name, ...more });
    return [endpoint, isPathStyle];
  };
  t.deepEqual(of('one'), ['http://services:2/base', true]);
  t.deepEqual(of('two'), ['https://profile:4', false]);
  t.deepEqual(of('three'), ['https://s3.cn-north-1.amazonaws.com.cn', false]);
  t.deepEqual(of('one', { AWS_ENDPOINT_URL: 'http://all:5' }), ['http://all:5', true]);
  const both = { AWS_ENDPOINT_URL: 'http://all:5', AWS_ENDPOINT_URL_S3: 'http://s3:6' };
  t.deepEqual(of('one', both), ['http://s3:6', true]);
  t.is(of('one', { AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: 'true' })[0], 'https://s3.us-east-1.amazonaws.com');
  const error = t.throws(() => of('one', { AWS_ENDPOINT_URL_S3: 'http://key:secret@host' }));
  t.false(error.message.includes('secret'));
});

test("a profile's credential_process is asked, and what it says when it fails is not repeated", async (t) => {
  const json = JSON.stringify({
    Version: 1,
    AccessKeyId: 'ID',
    SecretAccessKey: 'SECRET',
    SessionToken: 'T',
  });
  const HOME = home(t, {
    config: `[default]\ncredential_process = printf '%s' '${json}'\n[profile bad]\ncredential_process = echo secret >&2; exit 3\n[profile odd]\ncredential_process = echo secret\n`,
  });
  t.like(await credentials({ HOME }), { accessKeyId: 'ID', secretAccessKey: 'SECRET', sessionToken: 'T' });
  for (const name of ['bad', 'odd']) {
    const error = await t.throwsAsync(credentials({ HOME, AWS_PROFILE: name }));
    t.true(isStatelogError(error, 'PERMISSION_DENIED'));
    t.false(JSON.stringify([error.message, error]).includes('secret'));
  }
});

test('a profile that needs more than is known here says how it lends its credentials', async (t) => {
  const HOME = home(t, {
    config: '[profile sso]\nsso_session = x\n[profile role]\nrole_arn = a\nsource_profile = sso\n',
  });
  for (const name of ['sso', 'role']) {
    const error = await t.throwsAsync(credentials({ HOME, AWS_PROFILE: name }));
    t.true(
      isStatelogError(error, 'PERMISSION_DENIED') && error.details.hint!.includes('credential_process = aws'),
    );
  }
});

test('a token of somebody else is changed for the credentials of a role', async (t) => {
  const asked: URLSearchParams[] = [];
  const endpoint = await server(t, (_, response, body) => {
    asked.push(new URLSearchParams(body));
    const given =
      '<AccessKeyId>ID</AccessKeyId><SecretAccessKey>S</SecretAccessKey><SessionToken>T</SessionToken>';
    if (asked.length === 1)
      response.end(`<R><Credentials>${given}<Expiration>2100-01-01T00:00:00Z</Expiration></Credentials></R>`);
    else response.writeHead(403).end('<E><Error><Code>ExpiredTokenException</Code></Error></E>');
  });
  const HOME = home(t);
  const token = path.join(HOME, 'token');
  writeFileSync(token, 'a-token\n');
  const environment = {
    HOME,
    AWS_ENDPOINT_URL_STS: endpoint,
    AWS_ROLE_ARN: 'arn:role',
    AWS_WEB_IDENTITY_TOKEN_FILE: token,
  };
  const found = await credentials(environment);
  t.like(found, { accessKeyId: 'ID', secretAccessKey: 'S', sessionToken: 'T' });
  t.is(asked[0]!.get('WebIdentityToken'), 'a-token');
  t.is(asked[0]!.get('RoleArn'), 'arn:role');
  const error = await t.throwsAsync(credentials(environment));
  t.regex(error.message, /the role arn:role is not given: 403 ExpiredTokenException/);
});

test("a container's server is asked with its token, and never one elsewhere without TLS", async (t) => {
  const tokens: (string | undefined)[] = [];
  const address = await server(t, (request, response) => {
    tokens.push(request.headers.authorization);
    response.end(JSON.stringify(GIVEN));
  });
  const HOME = home(t);
  const found = await credentials({
    HOME,
    AWS_CONTAINER_CREDENTIALS_FULL_URI: `${address}/x`,
    AWS_CONTAINER_AUTHORIZATION_TOKEN: 'word',
  });
  t.like(found, { accessKeyId: 'ID', secretAccessKey: 'SECRET', sessionToken: 'TOKEN' });
  t.deepEqual(tokens, ['word']);
  const error = await t.throwsAsync(
    credentials({ HOME, AWS_CONTAINER_CREDENTIALS_FULL_URI: 'http://example.org/x' }),
  );
  t.regex(error.message, /neither on this host nor asked by https/);
});

test("an instance's server is asked by a session, and not at all where that is forbidden", async (t) => {
  const asked: string[] = [];
  const address = await server(t, ({ method, url, headers }, response) => {
    asked.push(`${method!} ${url!}`);
    if (method === 'PUT') response.end('session');
    else if (headers['x-aws-ec2-metadata-token'] !== 'session') response.writeHead(401).end();
    else response.end(url!.endsWith('/') ? 'my-role\n' : JSON.stringify(GIVEN));
  });
  const environment = { HOME: home(t), AWS_EC2_METADATA_SERVICE_ENDPOINT: address };
  await t.throwsAsync(credentials(environment));
  t.deepEqual(asked, []);
  const found = await credentials({ ...environment, AWS_EC2_METADATA_DISABLED: 'false' });
  t.like(found, { accessKeyId: 'ID', sessionToken: 'TOKEN' });
  t.is(asked[0], 'PUT /latest/api/token');
  t.is(asked.at(-1), 'GET /latest/meta-data/iam/security-credentials/my-role');
});

test('credentials are kept until shortly before they expire, and asked for once at a time', async (t) => {
  let nowMs = 0;
  let asked = 0;
  const cached = new CachedCredentials(
    () =>
      Promise.resolve({ accessKeyId: String(++asked), secretAccessKey: 's', expiresMs: nowMs + 3_600_000 }),
    () => nowMs,
  );
  await Promise.all([cached.get(), cached.get(), cached.get()]);
  t.is(asked, 1);
  nowMs = 3_600_000 - 5 * 60_000;
  t.is((await cached.get()).accessKeyId, '1');
  nowMs += 1;
  t.is((await cached.get()).accessKeyId, '2');
});

test('of many requests that are refused at once for their credentials, and many that ask, one fetches new ones', async (t) => {
  let nowMs = 0;
  let asked = 0;
  const cached = new CachedCredentials(
    async () => {
      const accessKeyId = String(++asked);
      await new Promise(setImmediate);
      return { accessKeyId, secretAccessKey: 's', expiresMs: nowMs + 3_600_000 };
    },
    () => nowMs,
  );
  const all = async (): Promise<Credentials[]> => Promise.all(Array.from({ length: 8 }, () => cached.get()));
  const old = await all();
  t.true(old.every((one) => cached.forget(one)));
  const next = cached.get();
  // One more, whose answer comes late.
  t.true(cached.forget(old[0]!));
  t.deepEqual(new Set([await next, ...(await all())].map(({ accessKeyId }) => accessKeyId)), new Set(['2']));
  t.true(cached.forget(old[1]!));
  t.is((await cached.get()).accessKeyId, '2');
  nowMs += 3_600_000;
  await all();
  t.is(asked, 3);
});

test('credentials that are good for a minute are not fetched for each request', async (t) => {
  let nowMs = 0;
  let asked = 0;
  const cached = new CachedCredentials(
    () => Promise.resolve({ accessKeyId: String(++asked), secretAccessKey: 's', expiresMs: nowMs + 60_000 }),
    () => nowMs,
  );
  for (const [ms, times] of [
    [0, 1],
    [30_000, 1],
    [30_001, 2],
  ] as const) {
    nowMs = ms;
    await cached.get();
    t.is(asked, times);
  }
});
