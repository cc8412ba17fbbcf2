import type { ExecutionContext } from 'ava';
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { connect, createServer, type AddressInfo } from 'node:net';
import { serverPath } from '../../scripts/servers.mjs';

/** A server that `scripts/servers.mjs` brings. */
export type ServerName = Parameters<typeof serverPath>[0];

/** Names what a test of a server needs, for `needing`. */
export const serverNeeded = (name: ServerName): string => `${name}, brought by scripts/servers.mjs`;
export const isServerThere = (name: ServerName): boolean => existsSync(serverPath(name));

/** A server on 127.0.0.1, which ends with its test. */
export interface RunningServer {
  readonly process: ChildProcess;
  readonly port: number;
  /** Kills it at once, and resolves when it is gone. */
  kill(): Promise<void>;
}

/** The number of a port on 127.0.0.1 that nobody listened on a moment ago. */
export async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve));
  const { port } = probe.address() as AddressInfo;
  await new Promise((resolve) => probe.close(resolve));
  return port;
}

/**
 * Starts a server and resolves as soon as it takes connections.
 * @throws Error with what the server said, where it ended before
 */
export async function startServer(
  t: ExecutionContext,
  name: ServerName,
  serverArguments: readonly string[],
  port: number,
  environment: NodeJS.ProcessEnv = {},
): Promise<RunningServer> {
  const child = spawn(serverPath(name), serverArguments, {
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => (said += text));
  }
  const ended = new Promise<void>((resolve) => child.once('close', resolve));
  const kill = async (): Promise<void> => {
    child.kill('SIGKILL');
    await ended;
  };
  t.teardown(kill);
  while (!(await takesConnections(port))) {
    if (child.exitCode !== null || child.signalCode !== null) throw new Error(`${name} ended: ${said}`);
  }
  return { process: child, port, kill };
}

/** Resolves to true once a connection stands, to false a moment after it was refused. */
function takesConnections(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => setTimeout(resolve, 20, false));
  });
}
