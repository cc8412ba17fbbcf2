import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { StatelogError } from '../../engine/errors.js';
import { asStatelogError, errorLine } from '../errors/error-rendering.js';
import { markup, type Html } from '../report/page/html.js';
import { documentOf } from '../report/page/report-page.js';

const HOST = '127.0.0.1';
const TOKEN_BYTES = 24;
const CONTENT_SECURITY_POLICY =
  "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
const HEADERS = {
  'Content-Type': 'text/html; charset=utf-8',
  'Content-Security-Policy': CONTENT_SECURITY_POLICY,
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Cache-Control': 'no-store',
} as const;

/** An answer to a request. */
export interface Answer {
  readonly status: number;
  readonly title: string;
  /** Has a `main` with the id `content`. */
  readonly content: Html;
  /** Another page to go to instead, relative to this one. */
  readonly location?: string | undefined;
}

/** Makes the page for a path and its query; `signal` is aborted when nobody waits for it any more. */
export type MakePage = (path: string, query: URLSearchParams, signal: AbortSignal) => Promise<Answer>;

/**
 * Serves pages on this host alone, and to who knows the token alone. It only reads: any method but GET and HEAD is refused, and
 * so are names of other hosts, behind which a page from elsewhere might reach it.
 */
export class InspectServer {
  readonly #server: Server;
  readonly #makePage: MakePage;
  readonly #token = randomBytes(TOKEN_BYTES).toString('base64url');

  private constructor(makePage: MakePage) {
    this.#makePage = makePage;
    this.#server = createServer((request, response) => {
      void this.#serve(request, response);
    });
  }

  /**
   * Begins to listen.
   * @param port 0: any that is free
   * @throws StatelogError `IO_FAILED` where the port is taken, or not for everybody
   */
  static async listen(port: number, makePage: MakePage): Promise<InspectServer> {
    const inspect = new InspectServer(makePage);
    const server = inspect.#server;
    await new Promise<void>((resolve, reject) => {
      server.once('error', (error: NodeJS.ErrnoException) => {
        const hint = 'name another with --port, or leave it out for one that is free';
        const details = { operation: 'listen', errno: error.code, hint };
        reject(
          new StatelogError(
            'IO_FAILED',
            `cannot listen on port ${port} of ${HOST}: ${error.message}`,
            details,
          ),
        );
      });
      server.listen(port, HOST, resolve);
    });
    return inspect;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** The address of its first page. */
  get url(): string {
    return `http://${HOST}:${this.port}/${this.#token}/`;
  }

  /** Resolves once it listens no more. */
  async closed(): Promise<void> {
    await new Promise((resolve) => this.#server.once('close', resolve));
  }

  /** Ends all connections. */
  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const left = new AbortController();
    response.on('close', () => {
      left.abort();
    });
    const { status, title, content, location } = await this.#answer(request, left.signal);
    if (response.destroyed) return;
    const body = Buffer.from(documentOf(title, markup``, content).text);
    response.writeHead(status, {
      ...HEADERS,
      'Content-Length': body.length,
      ...(location === undefined ? {} : { Location: location }),
      ...(status === 405 ? { Allow: 'GET, HEAD' } : {}),
    });
    response.end(request.method === 'HEAD' ? undefined : body);
  }

  async #answer({ method, url = '/', headers }: IncomingMessage, signal: AbortSignal): Promise<Answer> {
    if (method !== 'GET' && method !== 'HEAD') return failure(405, 'only GET and HEAD are answered');
    if (headers.host !== `${HOST}:${this.port}` && headers.host !== `localhost:${this.port}`)
      return failure(403, 'this is another host');
    const [path = '', query = ''] = url.split('?');
    const [, token = '', ...rest] = path.split('/');
    if (!isSame(token, this.#token))
      return failure(403, 'the token in the address is not the one that was printed');
    if (rest.length === 0)
      return { ...failure(308, 'the address ends with /'), location: `/${this.#token}/` };
    try {
      return await this.#makePage(rest.join('/'), new URLSearchParams(query), signal);
    } catch (thrown) {
      const error = asStatelogError(thrown);
      return failure(error.code === 'INTERNAL' ? 500 : 502, errorLine(error));
    }
  }
}

/** A page that says why there is no other. */
export function failure(status: number, why: string): Answer {
  return {
    status,
    title: `statelog inspect: ${status}`,
    content: markup`<main id="content"><h1>${status}</h1><p>${why}</p></main>`,
  };
}

/** Compares digests, in a time that does not tell how much of them agrees. */
function isSame(one: string, other: string): boolean {
  const [first, second] = [one, other].map((text) => createHash('sha256').update(text).digest());
  return timingSafeEqual(first!, second!);
}
