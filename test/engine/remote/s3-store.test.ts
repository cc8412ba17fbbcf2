import test, { type ExecutionContext } from 'ava';
import type { ServerResponse } from 'node:http';
import { isStatelogError, type ErrorCode, type StatelogError } from '../../../src/engine/errors.js';
import { withRetries } from '../../../src/engine/remote/blob/store-unavailable.js';
import { CachedCredentials } from '../../../src/engine/remote/credentials/credentials.js';
import { payloadsPrefix, pointerName } from '../../../src/engine/remote/publish/names.js';
import { blobChunks } from '../../../src/engine/remote/publish/blob-chunks.js';
import { fetchPayload } from '../../../src/engine/remote/publish/fetch-payload.js';
import { publish } from '../../../src/engine/remote/publish/publish.js';
import { S3Store } from '../../../src/engine/remote/s3/s3-store.js';
import { freePort } from '../../servers/server-process.js';
import { errorXml, type FakeRequest, type FakeS3, refuse, startFakeS3 } from '../../support/fake-s3.js';
import { KEY, quick, snapshot } from './snapshots.js';

const SECRET = 'a-secret-that-nobody-may-see';
const TOKEN = 'a-token-that-nobody-may-see';
const keys = { accessKeyId: 'AKID', secretAccessKey: SECRET, sessionToken: TOKEN };

function storeOf(
  { endpoint }: FakeS3,
  {
    nowMs,
    credentials = new CachedCredentials(() => Promise.resolve(keys)),
  }: { readonly nowMs?: () => number; readonly credentials?: CachedCredentials } = {},
): S3Store {
  return new S3Store(
    { bucket: 'bucket', endpoint, region: 'us-east-1', isPathStyle: true, credentials },
    nowMs,
  );
}

async function fetched(store: S3Store): Promise<number> {
  let bytes = 0;
  for await (const chunk of (await fetchPayload(store, KEY, quick)).chunks) bytes += chunk.length;
  return bytes;
}

/** What a request is about, in one word. */
function kindOf({ method, name, query }: FakeRequest): string {
  if (query.has('uploads')) return `${method} uploads`;
  if (query.has('uploadId')) return `${method} upload`;
  if (name === '') return `${method} list`;
  return `${method} ${name.endsWith('.tar') ? 'payload' : name.endsWith('.json') ? 'pointer' : 'probe'}`;
}

type Trouble = (response: ServerResponse) => unknown;

const PASSING: Readonly<Record<string, Trouble>> = {
  'a 500': (response) => refuse(response, 500, 'InternalError'),
  'a 503': (response) => refuse(response, 503, 'SlowDown'),
  'a 503 with Retry-After': (response) => response.writeHead(503, { 'retry-after': '7' }).end(),
  'a 503 of a proxy, in HTML': (response) =>
    response.writeHead(503, { 'content-type': 'text/html' }).end('<html>busy</html>'),
  'a 409': (response) => refuse(response, 409, 'ConditionalRequestConflict'),
  'a wrong checksum': (response) => refuse(response, 400, 'BadDigest'),
  'a connection that is cut': (response) => response.destroy(),
};

for (const [name, trouble] of Object.entries(PASSING)) {
  test(`${name} is tried again, whatever request it meets`, async (t) => {
    const fake = await startFakeS3(t);
    const met = new Set<string>();
    const paused: number[] = [];
    fake.interfere = (request, response) => {
      // What has no body has no checksum.
      if (met.has(kindOf(request)) || (name === 'a wrong checksum' && request.body.length === 0))
        return false;
      met.add(kindOf(request));
      trouble(response);
      return true;
    };
    const pause = (ms: number): Promise<void> => {
      paused.push(ms);
      return Promise.resolve();
    };
    const store = storeOf(fake);
    await publish(store, KEY, snapshot(3), { ...quick, pause });
    t.true((await fetched(store)) > 10_000);
    t.true(met.size >= (name === 'a wrong checksum' ? 3 : 9), [...met].join());
    t.is(
      name.endsWith('Retry-After'),
      paused.every((ms) => ms === 7000),
    );
  });
}

test('200 with an error inside is no success: an upload is completed again', async (t) => {
  const fake = await startFakeS3(t);
  let met = 0;
  fake.interfere = (request, response) => {
    if (kindOf(request) !== 'POST upload' || met++ > 0) return false;
    response.writeHead(200, { 'content-type': 'application/xml' }).end(errorXml('InternalError'));
    return true;
  };
  await publish(storeOf(fake), KEY, snapshot(3), quick);
  t.is(met, 2);
  t.true((await fetched(storeOf(fake))) > 10_000);
});

for (const request of ['PUT probe', 'PUT upload', 'PUT pointer', 'DELETE probe']) {
  test(`200 with an error inside is no success of a ${request}: it is made again`, async (t) => {
    const fake = await startFakeS3(t);
    let met = 0;
    fake.interfere = (asked, response) => {
      if (kindOf(asked) !== request || met++ > 0) return false;
      response.writeHead(200).end(errorXml('InternalError'));
      return true;
    };
    const store = storeOf(fake);
    await publish(store, KEY, snapshot(3), quick);
    await withRetries(() => store.remove('probe'), quick);
    t.true(met > 1);
    t.true((await fetched(store)) > 10_000);
  });
}

test('a body that ends early is read on from there, if it is still the same content', async (t) => {
  const fake = await startFakeS3(t);
  const store = storeOf(fake);
  const bytes = Buffer.from(Array.from({ length: 50_000 }, (_, index) => index & 255));
  fake.blobs.set('blob', bytes);
  let cuts = 0;
  fake.interfere = (request, response) => {
    const start = Number(/\d+/.exec(request.headers.range ?? '')?.[0] ?? 0);
    if (start >= 40_000) return false;
    cuts += 1;
    const told = { etag: '"7f"', 'content-length': bytes.length - start };
    response.writeHead(start === 0 ? 200 : 206, told);
    response.write(bytes.subarray(start, start + 10_000), () => response.destroy());
    return true;
  };
  fake.blobs.set('blob', bytes);
  const read: Uint8Array[] = [];
  const original = fake.interfere;
  fake.interfere = (request, response) => {
    if (original(request, response)) return true;
    t.is(request.headers['if-match'], '"7f"');
    response.writeHead(206, { etag: '"7f"', 'content-length': 10_000 }).end(bytes.subarray(40_000));
    return true;
  };
  for await (const chunk of blobChunks(store, 'blob', quick)) read.push(chunk);
  t.deepEqual(Buffer.concat(read), bytes);
  t.is(cuts, 4);
});

test('another content under the name, while it is read, is an error and not a mixture', async (t) => {
  const fake = await startFakeS3(t);
  fake.blobs.set('blob', Buffer.alloc(50_000, 1));
  fake.interfere = (request, response) => {
    if (request.headers.range !== undefined) return false;
    response.writeHead(200, { etag: '"old"', 'content-length': 50_000 });
    response.write(Buffer.alloc(10, 1), () => response.destroy());
    return true;
  };
  const read = async (): Promise<void> => {
    for await (const chunk of blobChunks(storeOf(fake), 'blob', quick)) t.truthy(chunk);
  };
  const error = await t.throwsAsync(read());
  t.regex(error.message, /another blob took its place while it was read/);
});

test('an upload whose credentials expire at each of its requests gets new ones, and goes on', async (t) => {
  const fake = await startFakeS3(t);
  let asked = 0;
  let expired = 0;
  const met = new Set<string>();
  fake.interfere = (request, response) => {
    if (!met.has(kindOf(request))) expired = asked;
    met.add(kindOf(request));
    const isGood = Number(String(request.headers['x-amz-security-token']).slice(TOKEN.length)) > expired;
    return isGood ? false : refuse(response, 403, 'ExpiredToken');
  };
  const credentials = new CachedCredentials(() =>
    Promise.resolve({ ...keys, sessionToken: `${TOKEN}${++asked}`, expiresMs: Date.now() + 3_600_000 }),
  );
  await publish(storeOf(fake, { credentials }), KEY, snapshot(3), quick);
  t.true(fake.blobs.has(pointerName(KEY)));
  t.true(met.size >= 6, [...met].join());
  t.is(asked, met.size + 1);
});

const LASTING: readonly (readonly [string, Trouble, ErrorCode, RegExp])[] = [
  ['403', (r) => refuse(r, 403, 'AccessDenied'), 'PERMISSION_DENIED', /: 403 AccessDenied: it is so$/],
  ['403 without a body', (r) => r.writeHead(403).end(), 'PERMISSION_DENIED', /: 403$/],
  ['expired', (r) => refuse(r, 403, 'ExpiredToken'), 'PERMISSION_DENIED', /: 403 ExpiredToken/],
  [
    'expired, as S3 says it',
    (r) => refuse(r, 400, 'ExpiredToken'),
    'PERMISSION_DENIED',
    /: 400 ExpiredToken: it is so$/,
  ],
  ['no bucket', (r) => refuse(r, 404, 'NoSuchBucket'), 'NOT_FOUND', /there is no such bucket$/],
  ['400', (r) => refuse(r, 400, 'InvalidRequest'), 'IO_FAILED', /: 400 InvalidRequest: it is so$/],
  ['a redirect', (r) => r.writeHead(302, { location: 'http://login/' }).end(), 'IO_FAILED', /: 302$/],
  [
    "407 and a proxy's page",
    (r) => r.writeHead(407, { 'content-type': 'text/html' }).end('<html>Who are you?</html>'),
    'IO_FAILED',
    /: 407, (a proxy's: it asks for credentials|and a page of HTML)/,
  ],
  [
    'a page of HTML',
    (r) => r.writeHead(200, { 'content-type': 'text/html' }).end('<html>Please log in</html>'),
    'IO_FAILED',
    /: 200, and a page of HTML rather than S3's answer$/,
  ],
  ['no length', (r) => r.writeHead(200).end('x'), 'IO_FAILED', /does not say how long it is$/],
  ['503 for ever', (r) => refuse(r, 503, 'SlowDown'), 'IO_FAILED', /: 503 SlowDown: it is so$/],
  ['busy for an hour', (r) => r.writeHead(503, { 'retry-after': '3600' }).end(), 'IO_FAILED', /: 503$/],
  [
    'one that repeats what it was sent',
    (r) => r.writeHead(403).end(errorXml('AccessDenied', `you sent ${SECRET} and ${TOKEN}`)),
    'PERMISSION_DENIED',
    /you sent … and …$/,
  ],
];

for (const [name, trouble, code, message] of LASTING) {
  test(`a store that answers with ${name} is told of, with the request and without a secret`, async (t) => {
    const fake = await startFakeS3(t);
    fake.interfere = (_, response) => {
      trouble(response);
      return true;
    };
    const error = await t.throwsAsync(fetchPayload(storeOf(fake), KEY, quick));
    t.true(isStatelogError(error, code), error.message);
    t.regex(error.message, /^GET s3:\/\/bucket\/edge\/orders\.manifest\.json: /);
    t.regex(error.message, message);
    t.false(JSON.stringify([error.message, error]).includes('nobody-may-see'));
    t.is(fake.requests.length > 1, name === '503 for ever');
  });
}

test('a store that cannot be reached is told of at once', async (t) => {
  const fake = await startFakeS3(t);
  const paused: number[] = [];
  for (const [endpoint, reason] of [
    ['http://127.0.0.1:9', /bad port \(127\.0\.0\.1:9\)$/],
    [`http://127.0.0.1:${await freePort()}`, /ECONNREFUSED \(127\.0\.0\.1:\d+\)$/],
    ['http://no-such-host.invalid', /(ENOTFOUND|EAI_AGAIN) \(no-such-host\.invalid\)$/],
  ] as const) {
    const error = await t.throwsAsync(
      withRetries(() => storeOf({ ...fake, endpoint }).get('blob'), {
        pause: (ms) => Promise.resolve(paused.push(ms)),
      }),
    );
    t.true(isStatelogError(error, 'IO_FAILED'));
    t.regex(error.message, reason);
    // A resolver that is busy may not be so the next time.
    if (!error.message.includes('EAI_AGAIN')) t.deepEqual(paused, []);
  }
});

test('a store that asks for an hour of peace is not waited for, and the error says how long', async (t) => {
  const fake = await startFakeS3(t);
  fake.interfere = (_, response) => {
    response.writeHead(503, { 'retry-after': '3600' }).end();
    return true;
  };
  const error = await t.throwsAsync<StatelogError>(fetchPayload(storeOf(fake), KEY, quick));
  t.regex(error.details.hint ?? '', /3600 seconds/);
  t.is(fake.requests.length, 1);
});

test("where this host's clock is 20 minutes off, requests are signed by the store's", async (t) => {
  const fake = await startFakeS3(t);
  const nowMs = Date.now() - 20 * 60_000;
  fake.interfere = ({ headers }, response) => {
    const signed = String(headers['x-amz-date']).replace(/(....)(..)(..T..)(..)(..)Z/, '$1-$2-$3:$4:$5Z');
    if (Math.abs(Date.parse(signed) - Date.now()) < 15 * 60_000) return false;
    return refuse(response, 403, 'RequestTimeTooSkewed');
  };
  await publish(storeOf(fake, { nowMs: () => nowMs }), KEY, snapshot(1), quick);
  t.true(fake.blobs.has(pointerName(KEY)));
  t.is(
    fake.requests.filter(({ headers }) => headers['x-amz-date'] === fake.requests[0]!.headers['x-amz-date'])
      .length,
    1,
  );
});

test('a bucket in another region is reached there', async (t) => {
  const fake = await startFakeS3(t);
  fake.interfere = ({ headers }, response) => {
    if (String(headers.authorization).includes('/eu-north-1/s3/')) return false;
    response.writeHead(301, { 'x-amz-bucket-region': 'eu-north-1' }).end(errorXml('PermanentRedirect'));
    return true;
  };
  await publish(storeOf(fake), KEY, snapshot(1), quick);
  t.true(fake.blobs.has(pointerName(KEY)));
});

test('whether a store honours conditions is found out before anything is published', async (t) => {
  const forget = (request: FakeRequest): boolean => {
    delete (request.headers as Record<string, unknown>)['if-none-match'];
    delete (request.headers as Record<string, unknown>)['if-match'];
    return false;
  };
  const knowsNone = ({ headers }: FakeRequest, response: ServerResponse): boolean =>
    (headers['if-none-match'] ?? headers['if-match']) !== undefined &&
    refuse(response, 501, 'NotImplemented');
  for (const interfere of [forget, knowsNone]) {
    const fake = await startFakeS3(t);
    fake.interfere = interfere;
    const error = await t.throwsAsync(publish(storeOf(fake), KEY, snapshot(1), quick));
    t.true(isStatelogError(error, 'NOT_ATOMIC'));
    t.true([...fake.blobs.keys()].every((name) => !name.endsWith('.tar') && !name.endsWith('.json')));
    await publish(storeOf(fake), KEY, snapshot(1), { ...quick, nonAtomic: true });
    await publish(storeOf(fake), KEY, snapshot(2), { ...quick, nonAtomic: true });
    t.true((await fetched(storeOf(fake))) > 10_000);
  }
  const good = await startFakeS3(t);
  for (let time = 0; time < 3; time++) t.true(await storeOf(good).honoursConditions('probe'));
});

test('names with characters that URLs and signatures have other uses for arrive as they are', async (t) => {
  const fake = await startFakeS3(t);
  const store = storeOf(fake);
  for (const key of ['a+b c/ü/(1)!', "100%/it's", 'a&b=c;d']) {
    await publish(store, key, snapshot(1), quick);
    t.true(fake.blobs.has(pointerName(key)), key);
    const listed = [];
    for await (const { name } of store.list(payloadsPrefix(key))) listed.push(name);
    t.is(listed.length, 2, key);
  }
});

test('a store that is silent for too long is left', async (t: ExecutionContext) => {
  const { fetchAnswer } = await import('../../../src/engine/remote/http/fetch-answer.js');
  const fake = await startFakeS3(t);
  fake.interfere = () => true;
  const request = { method: 'GET', headers: {}, silenceMsMax: 20 };
  const error = await t.throwsAsync(fetchAnswer(new URL(fake.endpoint), request, 's3://bucket/blob'));
  t.regex(error.message, /^GET s3:\/\/bucket\/blob: no answer \(127\.0\.0\.1:\d+\)$/);
});
