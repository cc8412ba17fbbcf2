import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { request as httpRequest, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import path from 'node:path';
import { createInterface } from 'node:readline';
import test, { type ExecutionContext } from 'ava';
import { InspectServer } from '../../../src/cli/inspect/inspect-server.js';
import { InspectedPath } from '../../../src/cli/inspect/inspected-path.js';
import { blake3Hex } from '../../../src/engine/bytes/hash/blake3.js';
import { realFileSystem } from '../../../src/engine/storage-io/real/real-file-system.js';
import { joined, records } from '../../engine/wal/segment-builder.js';
import { everythingIn } from '../../support/everything-in.js';
import { commandLine } from '../../support/command-line.js';
import { programFile } from '../../support/program.js';
import { tempDir } from '../../support/temp-dir.js';
import { rowsOfTable, shownBy } from '../report/page.js';

/* `inspect`: real requests to a real server. */

interface Got {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

async function send(
  url: string,
  { method = 'GET', headers = {} }: { method?: string; headers?: Record<string, string> } = {},
): Promise<Got> {
  const request = httpRequest(url, { method, headers, agent: false });
  request.end();
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  return { status: response.statusCode!, headers: response.headers, body: Buffer.concat(chunks).toString() };
}

/** Goes where it is sent, as a browser does. */
async function visit(url: string): Promise<Got & { readonly url: string }> {
  const got = await send(url);
  if (got.headers.location === undefined) return { ...got, url };
  return visit(new URL(got.headers.location, url).href);
}

async function serving(t: ExecutionContext, place: string, showsValues = false): Promise<string> {
  const form = { encodings: { key: 'utf8', value: 'utf8' }, showsValues } as const;
  const inspected = new InspectedPath(realFileSystem(), place, form);
  await inspected.readAll(new AbortController().signal);
  const server = await InspectServer.listen(0, async (where, query, signal) =>
    inspected.page(where, query, signal),
  );
  t.teardown(() => {
    server.close();
  });
  return server.url;
}

/** A segment of 500 records of five keys, one of them damaged. */
function damagedSegment(t: ExecutionContext): string {
  const pieces = Array.from({ length: 500 }, (_, index) => {
    const key = Buffer.from(`key <${index % 5}>`);
    const operation = { op: 'put', key, value: Buffer.from(`secret ${index}`) } as const;
    return records(1, BigInt(index), { operation })[0]!;
  });
  pieces[300]![9]! ^= 0x55;
  const log = path.join(tempDir(t), 'wal-0.log');
  writeFileSync(log, joined(...pieces));
  return log;
}

test('only who has the token, by the name of this host, and who only reads, is answered', async (t) => {
  const url = await serving(t, damagedSegment(t));
  const { port, pathname } = new URL(url);
  const { status, headers } = await send(url);
  t.is(status, 200);
  t.regex(
    headers['content-security-policy'] as string,
    /^default-src 'none'; style-src 'unsafe-inline'; form-action 'self'/,
  );
  t.like(headers, {
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
    'cache-control': 'no-store',
  });
  t.is((await send(url, { headers: { Host: `localhost:${port}` } })).status, 200);
  for (const host of ['evil.example', `evil.example:${port}`, '127.0.0.1', `127.0.0.1:${Number(port) + 1}`])
    t.is((await send(url, { headers: { Host: host } })).status, 403, host);
  const wrong = pathname.slice(0, -2) + (pathname.at(-2) === 'A' ? 'B' : 'A');
  for (const place of ['/', '/favicon.ico', '/wrong/', `${wrong}/`, `${wrong}/log/0`])
    t.is((await send(`http://127.0.0.1:${port}${place}`)).status, 403, place);
  for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH']) {
    const refused = await send(url, { method });
    t.is(refused.status, 405, method);
    t.is(refused.headers.allow, 'GET, HEAD');
  }
  t.is((await send(url, { method: 'HEAD' })).body, '');
  for (const place of ['none', 'log/7', 'log/0/none', 'log/0/%2e%2e', 'log/0/record?at=3'])
    t.is((await send(url + place)).status, 404, place);
  t.is((await visit(url.slice(0, -1))).status, 200);
});

test('a log is browsed by offset, number, time and key, with findings where they lie', async (t) => {
  const log = damagedSegment(t);
  const url = await serving(t, log);
  const lines = (await commandLine(['wal-replay', log, '--json', '--no-merge'])).stdout
    .trim()
    .split('\n')
    .map(
      (line) => JSON.parse(line) as { offset?: number; key?: string; sequence?: string; finding?: object },
    );
  const known = lines.filter((line) => line.offset !== undefined);
  const seen: string[] = [];
  let at = `${url}log/0`;
  for (let pages = 0; pages < 20; pages++) {
    const { body } = await send(at);
    seen.push(...rowsOfTable(body, /Records from/).map((row) => row[0]!));
    const [, next] = /<a rel="next" href="([^"]*)"/.exec(body) ?? [];
    if (next === undefined) break;
    at = new URL(next.replaceAll('&amp;', '&'), at).href;
  }
  t.deepEqual(
    seen.filter((cell) => /^\d+$/.test(cell)).map(Number),
    known.map(({ offset }) => offset),
  );
  t.is(seen.filter((cell) => cell.includes('checksum-mismatch')).length, 1);

  const firstRow = async (query: string): Promise<string[]> => {
    const { body } = await visit(`${url}log/0?${query}`);
    return rowsOfTable(body, /Records from/)[0] ?? [shownBy(/<p role="status">(.*?)<\/p>/.exec(body)![1]!)];
  };
  const chosen = known[123]!;
  t.is((await firstRow(`at=${chosen.offset! + 5}`))[0], String(chosen.offset));
  t.is((await firstRow(`sequence=${chosen.sequence}`))[0], String(chosen.offset));
  t.is((await firstRow(`time=1770000000000000123`))[0], String(chosen.offset));
  const ofKey = known.filter(({ key }) => key === chosen.key);
  const index = ofKey.indexOf(chosen);
  const find = new URLSearchParams({ key: chosen.key!, from: String(chosen.offset) });
  t.is((await firstRow(`${find.toString()}&direction=next`))[0], String(ofKey[index + 1]!.offset));
  t.is((await firstRow(`${find.toString()}&direction=previous`))[0], String(ofKey[index - 1]!.offset));
  t.is((await firstRow('key=key+%3C0%3E&from=&direction=next'))[0], '0');
  t.is((await firstRow(`before=${chosen.offset}`))[0], String(known[123 - 50]!.offset));
  t.is((await firstRow('end=1'))[0], String(known.at(-50)!.offset));
  for (const [query, said] of [
    ['key=absent&from=100', /No record behind byte 100 changes the key absent/],
    ['sequence=99999', /No record has the sequence 99999, or a greater one/],
    ['time=2030-01-01T00:00:00Z', /No record is of 2030-01-01T00:00:00Z, or later/],
    ['sequence=x', /x is no sequence/],
    ['at=-4', /-4 is no offset/],
    ['time=yesterday', /^yesterday: /],
  ] as const) {
    const { body, status } = await visit(`${url}log/0?${query}`);
    t.is(status, 200);
    t.regex(shownBy(/<p role="status">(.*?)<\/p>/.exec(body)![1]!), said);
  }
});

test('values are shown only where they are asked for, keys are text, and the report is that of verify', async (t) => {
  const log = damagedSegment(t);
  const url = await serving(t, log);
  const pages = ['log/0', 'log/0/record?at=0', 'report', ''];
  for (const place of pages) {
    const { body } = await send(url + place);
    t.notRegex(body, /<(script|img|link)/);
    t.false(shownBy(body).includes('secret'), place);
  }
  const hidden = rowsOfTable((await send(`${url}log/0`)).body, /Records from/)[0]!;
  t.deepEqual(hidden.slice(7, 9), ['key <0>', `8 bytes, blake3 ${blake3Hex(Buffer.from('secret 0'))}`]);
  const shown = await serving(t, log, true);
  t.is(rowsOfTable((await send(`${shown}log/0`)).body, /Records from/)[0]![8], 'secret 0');
  t.true((await send(`${shown}log/0/record?at=0`)).body.includes('secret 0'));

  const report = path.join(tempDir(t), 'report.html');
  await commandLine(['verify', log, '--report', report]);
  const page = readFileSync(report, 'utf8');
  const served = (await send(`${url}report`)).body;
  for (const table of [/Summary/, /Findings by class/, /Findings in/, /Lost keys/])
    t.deepEqual(rowsOfTable(served, table), rowsOfTable(page, table));
});

test('a store, a folder of segments, a fold log and what holds no log have their first pages', async (t) => {
  const folder = tempDir(t);
  const store = path.join(folder, 'store');
  for (const key of ['a', 'b']) await commandLine(['put', store, key, '1']);
  await commandLine(['checkpoint', store]);
  await commandLine(['put', store, 'c', '1']);
  const fold = path.join(folder, 'fold.snap');
  await commandLine(['put', fold, 'route', '1', '--revision', '7']);
  await commandLine(['export', fold, path.join(folder, 'artifact.tar')]);
  const before = everythingIn(folder);
  const files = async (place: string): Promise<string[][]> =>
    rowsOfTable((await send(await serving(t, place))).body, /Logs/);
  t.deepEqual(
    (await files(store)).map((row) => [row[0], row[3], row[4]]),
    [['wal/2/wal-0.log', '1', 'read']],
  );
  t.deepEqual(
    (await files(fold)).map((row) => [row[0], row[1]]),
    [['fold.snap', 'fold log']],
  );
  t.deepEqual(await files(path.join(folder, 'artifact.tar')), []);
  const records = rowsOfTable((await send(`${await serving(t, fold)}log/0`)).body, /Records from/);
  t.deepEqual(
    records
      .filter(([, , operation]) => operation === 'put')
      .map((row) => [row[2], row[3], row[4]?.replace(/.*; /, '')]),
    [['put', 'route', 'version 7']],
  );
  t.deepEqual(everythingIn(folder), before);
});

test('the program says its address, serves it, and is ended by Ctrl-C', async (t) => {
  const log = damagedSegment(t);
  const started = spawn(process.execPath, [await programFile(), 'inspect', log, '--json']);
  t.teardown(() => started.kill('SIGKILL'));
  const [line] = (await once(createInterface(started.stdout), 'line')) as [string];
  const { url, port } = JSON.parse(line) as { url: string; port: number };
  t.is(new URL(url).port, String(port));
  t.is((await send(url)).status, 200);
  const taken = await commandLine(['inspect', log, '--port', String(port)]);
  t.is(taken.exitCode, 6);
  t.regex(taken.stderr, new RegExp(`cannot listen on port ${port}.*--port`));
  started.kill('SIGINT');
  t.deepEqual(await once(started, 'exit'), [null, 'SIGINT']);
});

test('what is not there, and flags that are none, are refused before anything listens', async (t) => {
  const none = await commandLine(['inspect', path.join(tempDir(t), 'none')]);
  t.deepEqual([none.exitCode, none.stdout], [6, '']);
  t.is((await commandLine(['inspect', ''])).exitCode, 2);
  t.is((await commandLine(['inspect', '.', '--port', '65536'])).exitCode, 2);
});
