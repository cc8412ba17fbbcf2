import { existsSync } from 'node:fs';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import path from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { commandLine } from '../../support/command-line.js';
import { tempDir } from '../../support/temp-dir.js';

/** A server that says something to whoever comes, and then does as told. */
async function peer(t: ExecutionContext, greet: (socket: Socket) => void): Promise<number> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket.on('error', () => undefined));
    greet(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

const INFO = {
  server_id: 'x',
  server_name: 'x',
  version: '2.10.0',
  proto: 1,
  headers: true,
  max_payload: 1_048_576,
};

test('a command line that cannot be right ends with 2, and shows no password', async (t) => {
  const fold = path.join(tempDir(t), 'b.snap');
  const lines = [
    ['pull'],
    ['pull', 'nats://h/b'],
    ['pull', 'http://u:secret@h/b', fold],
    ['pull', fold, 'nats://u:secret@h/b'],
    ['pull', 'nats://u:secret@h/b', 'nats://u:secret@h/b'],
    ['pull', 'nats://u:secret@h/b', fold, '--prefix', 'a'],
    ['pull', 'nats://u:secret@h/b', fold, '--once', '--follow'],
    ['pull', 'nats://u:secret@h/b', fold, '--resync', 'http://bucket/key'],
  ];
  for (const line of lines) {
    const { exitCode, stderr } = await commandLine(line);
    t.is(exitCode, 2, `${line.join(' ')}: ${stderr}`);
    t.notRegex(stderr, /secret/);
  }
  t.false(existsSync(fold));
});

test('a server that is not there, cuts the connection, wants TLS and cuts it, or is something else is 6 in one line', async (t) => {
  const fold = path.join(tempDir(t), 'b.snap');
  const info = (more: object): string => `INFO ${JSON.stringify({ ...INFO, ...more })}\r\n`;
  const cases: readonly (readonly [number, RegExp])[] = [
    [1, /nothing listens there/],
    [await peer(t, (socket) => socket.destroy()), /the connection failed: the server cut it/],
    [
      await peer(t, (socket) => {
        socket.write(info({ tls_required: true }));
        socket.once('data', () => socket.destroy());
      }),
      /TLS|tls/,
    ],
    [
      await peer(t, (socket) => {
        socket.write(info({ tls_required: true }));
        socket.once('data', () => socket.write('no TLS at all'));
      }),
      /TLS failed: wrong version number: /,
    ],
    [
      await peer(t, (socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')),
      /unexpected response from server/,
    ],
    [
      await peer(t, (socket) => {
        socket.write(info({ auth_required: true }));
        socket.once('data', () => socket.end("-ERR 'Authorization Violation'\r\n"));
      }),
      /refuses the credentials/,
    ],
  ];
  for (const [port, reason] of cases) {
    const { exitCode, stderr } = await commandLine(['pull', `nats://u:secret@127.0.0.1:${port}/b`, fold]);
    t.is(exitCode, 6, stderr);
    t.regex(stderr, /^statelog: [^\n]+\n$/);
    t.regex(stderr, reason);
    t.notRegex(stderr, /secret/);
    t.false(existsSync(fold));
  }
});
