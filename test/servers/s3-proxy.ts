import type { ExecutionContext } from 'ava';
import { createServer, request as requestTo, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A request that passes, by its number from 1 on. */
export interface PassingRequest {
  readonly number: number;
  readonly method: string;
  readonly path: string;
  /** The range of bytes that it asks for, if any. */
  readonly range: string | undefined;
}

/** A proxy on 127.0.0.1 in front of a server, which counts what passes, and ends with its test. */
export interface S3Proxy {
  readonly endpoint: string;
  /** How many requests came. */
  count: number;
  /** Called before one is passed on: true where it was answered here. */
  before: (request: PassingRequest, response: ServerResponse) => boolean;
  /** Called once the server has answered one, before the client hears of it. */
  answered: (request: PassingRequest) => Promise<void> | void;
}

/** Starts one in front of a port of this host. */
export async function startProxy(t: ExecutionContext, port: number): Promise<S3Proxy> {
  const proxy: S3Proxy = { endpoint: '', count: 0, before: () => false, answered: () => undefined };
  const server = createServer((incoming, response) => {
    const { method = '', url: path = '' } = incoming;
    const passing = { number: ++proxy.count, method, path, range: incoming.headers.range };
    if (proxy.before(passing, response)) incoming.resume();
    else passOn(port, incoming, response, () => proxy.answered(passing));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  return Object.assign(proxy, { endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}` });
}

/** With the headers as they came: the host is a part of what the client signed. */
function passOn(
  port: number,
  incoming: IncomingMessage,
  response: ServerResponse,
  answered: () => Promise<void> | void,
): void {
  const { method, url: path, headers } = incoming;
  const upstream = requestTo({ host: '127.0.0.1', port, method, path, headers }, (answer) => {
    void Promise.resolve(answered()).then(() => {
      response.writeHead(answer.statusCode!, answer.headers);
      answer.pipe(response);
    });
  });
  upstream.on('error', () => response.destroy());
  incoming.on('close', () => {
    if (!incoming.complete) upstream.destroy();
  });
  incoming.pipe(upstream);
}
