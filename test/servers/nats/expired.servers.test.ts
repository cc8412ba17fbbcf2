import { nkeys } from '@nats-io/transport-node';
import test, { type ExecutionContext } from 'ava';
import { existsSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { needing } from '../../support/needing.js';
import { tempDir } from '../../support/temp-dir.js';
import { freePort, isServerThere, serverNeeded, startServer } from '../server-process.js';
import { runCommand, startCommand, type EndedCommand } from './program.js';

type KeyPair = ReturnType<typeof nkeys.createUser>;

const ACCOUNT_LIMITS = {
  subs: -1,
  conn: -1,
  leaf: -1,
  imports: -1,
  exports: -1,
  data: -1,
  payload: -1,
  wildcards: true,
  mem_storage: 100_000_000,
  disk_storage: 100_000_000,
  streams: -1,
  consumer: -1,
};

const nowSeconds = (): number => Math.floor(Date.now() / 1000);
const inBase64Url = (text: string | Uint8Array): string => Buffer.from(text).toString('base64url');

/** A token as NATS has it (https://docs.nats.io, "JWT authentication"), signed by whoever issues it. */
function tokenOf(claims: object, issuer: KeyPair): string {
  const header = inBase64Url(JSON.stringify({ typ: 'JWT', alg: 'ed25519-nkey' }));
  const body = inBase64Url(
    JSON.stringify({ jti: 'one', iat: nowSeconds() - 100, iss: issuer.getPublicKey(), ...claims }),
  );
  return `${header}.${body}.${inBase64Url(issuer.sign(Buffer.from(`${header}.${body}`)))}`;
}

/** A server with one account, whose users come with tokens; the path of the credentials of one until a time, in seconds since 1970. */
async function serverWithTokens(t: ExecutionContext): Promise<{
  readonly folder: string;
  readonly url: string;
  readonly credsUntil: (time?: number) => string;
}> {
  const [operator, account, user] = [nkeys.createOperator(), nkeys.createAccount(), nkeys.createUser()];
  const system = nkeys.createAccount().getPublicKey();
  const ofOperator = { type: 'operator', version: 2, system_account: system };
  const operatorToken = tokenOf(
    { sub: operator.getPublicKey(), name: 'operator', nats: ofOperator },
    operator,
  );
  const accounts = [system, account.getPublicKey()].map((sub) => {
    const limits = { ...ACCOUNT_LIMITS, ...(sub === system ? { mem_storage: 0, disk_storage: 0 } : {}) };
    const token = tokenOf({ sub, name: 'account', nats: { type: 'account', version: 2, limits } }, operator);
    return `${sub}: ${token}`;
  });
  const folder = tempDir(t);
  const port = await freePort();
  const configuration = path.join(folder, 'server.conf');
  writeFileSync(
    configuration,
    `listen: 127.0.0.1:${port}\noperator: ${operatorToken}\nsystem_account: ${system}\nresolver: MEMORY\n` +
      `resolver_preload: { ${accounts.join('\n')} }\njetstream { store_dir: "${folder}/data" }\n`,
  );
  await startServer(t, 'nats-server', ['-c', configuration], port);
  const credsUntil = (exp?: number): string => {
    const rights = { type: 'user', version: 2, subs: -1, data: -1, payload: -1, pub: {}, sub: {} };
    const token = tokenOf({ sub: user.getPublicKey(), name: 'user', exp, nats: rights }, account);
    const seed = Buffer.from(user.getSeed()).toString();
    const file = path.join(folder, `${exp ?? 'always'}.creds`);
    writeFileSync(
      file,
      `-----BEGIN NATS USER JWT-----\n${token}\n------END NATS USER JWT------\n\n` +
        `-----BEGIN USER NKEY SEED-----\n${seed}\n------END USER NKEY SEED------\n`,
    );
    return file;
  };
  return { folder, url: `nats://127.0.0.1:${port}/b`, credsUntil };
}

/** It ended with 6, and its last line says why, without a token or a seed. */
function refused(t: ExecutionContext, { exitCode, stderr }: EndedCommand, words: RegExp): void {
  t.is(exitCode, 6, stderr);
  t.regex(stderr.trimEnd().split('\n').at(-1)!, words);
  t.notRegex(stderr, /eyJ|SU[A-Z2-7]{20}/);
}

needing(
  test,
  serverNeeded('nats-server'),
  isServerThere('nats-server'),
)(
  'credentials that have expired are refused, and those that expire end a pull; the fold is as it was',
  async (t) => {
    const { folder, url, credsUntil } = await serverWithTokens(t);
    const [source, fold] = [path.join(folder, 'source.snap'), path.join(folder, 'fold.snap')];
    const NATS_CREDS = credsUntil();
    t.is((await runCommand(['put', source, 'a', '1'])).exitCode, 0);
    const pushed = await runCommand(['push', source, url, '--create'], { NATS_CREDS });
    t.is(pushed.exitCode, 0, pushed.stderr);

    const expired = { NATS_CREDS: credsUntil(nowSeconds() - 50) };
    const atFirst = await runCommand(['pull', url, fold], expired);
    refused(t, atFirst, /^statelog: the server refuses the credentials/);
    t.is(atFirst.stderr.split('\n').length, 2);
    t.false(existsSync(fold));
    const noCreds = path.join(folder, 'no.creds');
    writeFileSync(noCreds, 'hello');
    refused(
      t,
      await runCommand(['pull', url, fold], { NATS_CREDS: noCreds }),
      /cannot be read as one; NATS_CREDS/,
    );

    const soon = { NATS_CREDS: credsUntil(nowSeconds() + 4) };
    refused(
      t,
      await startCommand(['pull', url, fold, '--follow'], soon).ended,
      /the credentials have expired|refuses the credentials/,
    );
    const before = (await runCommand(['scan', fold, '--json'])).stdout;
    t.regex(before, /"key":"a","value":"1"/);
    refused(t, await runCommand(['pull', url, fold], expired), /refuses the credentials/);
    t.is((await runCommand(['scan', fold, '--json'])).stdout, before);
    const good = await runCommand(['pull', url, fold], { NATS_CREDS });
    t.is(good.exitCode, 0, good.stderr);
  },
);
