import test from 'ava';
import { mkdirSync } from 'node:fs';
import { connect } from 'node:net';
import path from 'node:path';
import { needing } from '../support/needing.js';
import { tempDir } from '../support/temp-dir.js';
import { freePort, isServerThere, serverNeeded, startServer } from './server-process.js';

needing(
  test,
  serverNeeded('nats-server'),
  isServerThere('nats-server'),
)('a nats-server with JetStream starts, greets and ends with its test', async (t) => {
  const port = await freePort();
  const options = ['-a', '127.0.0.1', '-p', String(port), '-js', '-sd', tempDir(t)];
  const server = await startServer(t, 'nats-server', options, port);
  const greeting = await new Promise<string>((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('data', (bytes) => {
      socket.destroy();
      resolve(String(bytes));
    });
  });
  t.regex(greeting, /^INFO .*"jetstream":true/);
  await server.kill();
  t.is(server.process.signalCode, 'SIGKILL');
});

needing(
  test,
  serverNeeded('versitygw'),
  isServerThere('versitygw'),
)('a versitygw over a folder starts and refuses whoever does not sign', async (t) => {
  const port = await freePort();
  const folder = path.join(tempDir(t), 'store');
  mkdirSync(folder);
  const keys = { ROOT_ACCESS_KEY: 'test', ROOT_SECRET_KEY: 'testsecret' };
  await startServer(t, 'versitygw', ['--port', `127.0.0.1:${port}`, 'posix', folder], port, keys);
  t.is((await fetch(`http://127.0.0.1:${port}/`)).status, 403);
});
