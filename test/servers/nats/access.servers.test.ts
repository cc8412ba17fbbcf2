import test, { type ExecutionContext } from 'ava';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { needing } from '../../support/needing.js';
import { tempDir } from '../../support/temp-dir.js';
import { freePort, isServerThere, serverNeeded, startServer } from '../server-process.js';
import { liveOfFold, NatsBucket, sorted } from './nats-bucket.js';
import { runCommand, startCommand, type EndedCommand } from './program.js';

const withServer = needing(test, serverNeeded('nats-server'), isServerThere('nats-server'));
const SECRET = 'very-secret';

function refused(t: ExecutionContext, { exitCode, stdout, stderr }: EndedCommand, words: RegExp): void {
  t.is(exitCode, 6, stderr);
  t.regex(stderr, /^statelog: [^\n]+\n$/);
  t.regex(stderr, words);
  t.notRegex(`${stdout}${stderr}`, new RegExp(SECRET));
}

withServer(
  'credentials are taken from where they are said, and what they may not do is 6 in one line',
  async (t) => {
    const folder = tempDir(t);
    const port = await freePort();
    const configuration = path.join(folder, 'server.conf');
    writeFileSync(
      configuration,
      `listen: 127.0.0.1:${port}\njetstream { store_dir: "${folder}/data" }\nauthorization { users: [\n` +
        `{ user: all, password: "${SECRET}" }\n` +
        `{ user: little, password: "${SECRET}", permissions: { publish: ["$JS.API.STREAM.INFO.KV_b"], subscribe: ["_INBOX.>"] } }\n` +
        `{ user: reader, password: "${SECRET}", permissions: { subscribe: ["_INBOX.>"], publish: ["$JS.API.STREAM.INFO.KV_b", "$JS.API.CONSUMER.CREATE.KV_b.>", ` +
        `"$JS.API.CONSUMER.INFO.KV_b.*", "$JS.API.CONSUMER.MSG.NEXT.KV_b.*", "$JS.API.CONSUMER.DELETE.KV_b.*"] } }\n] }\n`,
    );
    await startServer(t, 'nats-server', ['-c', configuration], port);
    const bucket = await NatsBucket.connect(t, port, 'b', { user: 'all', pass: SECRET });
    await bucket.createWhenThere({});
    await bucket.put('a', '1');
    const fold = path.join(folder, 'b.snap');
    const host = `127.0.0.1:${port}`;
    refused(t, await runCommand(['pull', `nats://${host}/b`, fold]), /refuses the credentials/);
    refused(t, await runCommand(['pull', `nats://all:wrong@${host}/b`, fold]), /refuses the credentials/);
    refused(
      t,
      await runCommand(['pull', `nats://${host}/none`, fold], { NATS_USER: 'all', NATS_PASSWORD: SECRET }),
      /no such bucket/,
    );
    refused(
      t,
      await runCommand(['pull', `nats://${host}/none`, fold], { NATS_USER: 'little', NATS_PASSWORD: SECRET }),
      /no permission/,
    );
    t.false(existsSync(fold));
    refused(t, await runCommand(['pull', `nats://little:${SECRET}@${host}/b`, fold]), /no permission/);
    const { exitCode, stderr } = await runCommand(['pull', `nats://reader:${SECRET}@${host}/b`, fold]);
    t.is(exitCode, 0, stderr);
    refused(
      t,
      await runCommand(['push', fold, `nats://reader:${SECRET}@${host}/b`, '--overwrite', '--create']).then(
        async (done) => {
          t.is(done.exitCode, 0, 'there is nothing to write');
          await runCommand(['put', fold, 'b', '2']);
          return runCommand(['push', fold, `nats://reader:${SECRET}@${host}/b`]);
        },
      ),
      /no permission/,
    );
    const context = path.join(folder, 'home', 'nats', 'context');
    mkdirSync(context, { recursive: true });
    writeFileSync(
      path.join(context, 'here.json'),
      JSON.stringify({ url: `nats://${host}`, user: 'all', password: SECRET }),
    );
    const inContext = await runCommand(['pull', 'nats:///b', fold], {
      NATS_CONTEXT: 'here',
      XDG_CONFIG_HOME: path.join(folder, 'home'),
    });
    t.is(inContext.exitCode, 0, inContext.stderr);
  },
);

withServer('credentials that are taken back while a pull follows are 6 in one line', async (t) => {
  const folder = tempDir(t);
  const port = await freePort();
  const configuration = path.join(folder, 'server.conf');
  const write = (password: string): void => {
    writeFileSync(
      configuration,
      `listen: 127.0.0.1:${port}\njetstream { store_dir: "${folder}/data" }\n` +
        `authorization { users: [{ user: all, password: "all" }, { user: us, password: "${password}" }] }\n`,
    );
  };
  write(SECRET);
  const server = await startServer(t, 'nats-server', ['-c', configuration], port);
  const bucket = await NatsBucket.connect(t, port, 'b', { user: 'all', pass: 'all' });
  await bucket.createWhenThere({});
  await bucket.put('a', '1');
  const fold = path.join(folder, 'b.snap');
  const pull = startCommand(['pull', `nats://127.0.0.1:${port}/b`, fold, '--follow'], {
    NATS_USER: 'us',
    NATS_PASSWORD: SECRET,
  });
  while (!existsSync(fold) || liveOfFold(fold).size === 0) await setTimeout(50);
  write('another');
  server.process.kill('SIGHUP');
  refused(t, await pull.ended, /refuses the credentials/);
  t.deepEqual(sorted(liveOfFold(fold)), sorted(await bucket.live(['a'])));
});

withServer('a server without JetStream is 6 in one line', async (t) => {
  const port = await freePort();
  await startServer(t, 'nats-server', ['-a', '127.0.0.1', '-p', String(port)], port);
  const fold = path.join(tempDir(t), 'b.snap');
  refused(t, await runCommand(['pull', `nats://127.0.0.1:${port}/b`, fold]), /no JetStream/);
  t.false(existsSync(fold));
});
