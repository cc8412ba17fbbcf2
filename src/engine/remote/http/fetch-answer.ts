import { StatelogError } from '../../errors.js';
import { StoreUnavailable } from '../blob/store-unavailable.js';
import { ReleasedChunks } from './release-chunks.js';
import { unusedProxyHint } from './unused-proxy.js';

/** A server that says nothing for so long is not waited for. */
const SILENCE_MS_MAX = 30_000;
/** A body that is sent takes its time: so many bytes a second are awaited at the least. */
const BYTES_PER_MILLISECOND_MIN = 32;
/** A longer body goes in pieces. */
const WHOLE_BYTES_MAX = 1024 * 1024;
const PIECE_BYTES = 128 * 1024;
/** No answer in text is longer; what goes on behind is left. */
const TEXT_BYTES_MAX = 8 * 1024 * 1024;
/** Node's `fetch` gives out no answer with 407: it fails, and names no reason, or this one. */
const PROXY_REFUSAL = "407, a proxy's: it asks for credentials";
/** Faults of the name, the address, the certificate or a proxy: they do not pass by themselves. */
const LASTING =
  /^(ENOTFOUND|ECONNREFUSED|EHOSTUNREACH|ENETUNREACH|CERT_|ERR_TLS|ERR_SSL_WRONG_VERSION|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO|bad port|407)/;
/** A connection that was closed in the midst of an answer, as undici names it. */
const CUT = 'UND_ERR_SOCKET';

/** A request as it goes over the network. */
export interface FetchRequest {
  readonly method: string;
  readonly headers: Headers | Readonly<Record<string, string>>;
  readonly body?: Uint8Array | undefined;
  /** How long the server may say nothing; default 30 s, and longer for a long body. */
  readonly silenceMsMax?: number | undefined;
}

/** The answer to a request. */
export interface FetchedAnswer {
  readonly status: number;
  readonly headers: Headers;
  /** Reads the body to its end, as a text. */
  readonly text: () => Promise<string>;
  /** The body as it comes. */
  readonly chunks: () => AsyncGenerator<Uint8Array, void>;
}

/**
 * Sends a request by Node's `fetch`, follows no redirect, and bounds every wait.
 * @param name what is asked for, for messages: an address may hold what is nobody's business
 * @throws StatelogError `IO_FAILED` where nobody is reached; a `StoreUnavailable` where that may pass by itself
 */
export async function fetchAnswer(
  address: URL,
  { method, headers, body, silenceMsMax = SILENCE_MS_MAX }: FetchRequest,
  name: string,
): Promise<FetchedAnswer> {
  const silence = new SilenceTimer(silenceMsMax);
  silence.restart((body?.length ?? 0) / BYTES_PER_MILLISECOND_MIN);
  const failed = (cause: unknown): StatelogError => unreached(cause, method, name, address, silence.isOver);
  let response: Response;
  try {
    const init: RequestInit = { method, redirect: 'manual', signal: silence.signal };
    response = await fetch(address, { ...init, ...sent(headers, body) });
  } catch (cause) {
    throw failed(cause);
  } finally {
    silence.stop();
  }
  async function* chunks(): AsyncGenerator<Uint8Array, void> {
    if (response.body === null) return;
    try {
      const released = new ReleasedChunks();
      silence.restart();
      for await (const chunk of response.body) {
        silence.stop();
        const { length } = chunk as Uint8Array;
        yield chunk as Uint8Array;
        released.took(length);
        silence.restart();
      }
    } catch (cause) {
      throw failed(cause);
    } finally {
      silence.stop();
    }
  }
  const text = async (): Promise<string> => {
    const parts: Uint8Array[] = [];
    let length = 0;
    for await (const chunk of chunks()) {
      parts.push(chunk);
      length += chunk.length;
      if (length > TEXT_BYTES_MAX) break;
    }
    return Buffer.concat(parts).toString('utf8');
  };
  return { status: response.status, headers: response.headers, text, chunks };
}

/** The headers and the body of a request. `fetch` copies a body of bytes as a whole; a long one goes in pieces, without a copy. */
function sent(headers: Headers | Record<string, string>, body: Uint8Array | undefined): RequestInit {
  if (body === undefined) return { headers };
  if (body.length <= WHOLE_BYTES_MAX) return { headers, body: body as Uint8Array<ArrayBuffer> };
  let at = 0;
  const pieces = new ReadableStream<Uint8Array>({
    pull(controller) {
      const end = Math.min(at + PIECE_BYTES, body.length);
      controller.enqueue(body.subarray(at, end));
      at = end;
      if (at === body.length) controller.close();
    },
  });
  const told = new Headers(headers);
  told.set('content-length', String(body.length));
  return { headers: told, body: pieces, duplex: 'half' };
}

/** Ends a request whose other side says nothing for too long. */
class SilenceTimer {
  readonly #controller = new AbortController();
  readonly #silenceMsMax: number;
  #timer: NodeJS.Timeout | undefined;

  constructor(silenceMsMax: number) {
    this.#silenceMsMax = silenceMsMax;
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  get isOver(): boolean {
    return this.#controller.signal.aborted;
  }

  restart(besidesMs = 0): void {
    this.stop();
    this.#timer = setTimeout(() => {
      this.#controller.abort();
    }, this.#silenceMsMax + besidesMs);
  }

  stop(): void {
    clearTimeout(this.#timer);
  }
}

function unreached(
  cause: unknown,
  method: string,
  name: string,
  address: URL,
  isSilent: boolean,
): StatelogError {
  const reason = isSilent ? 'no answer' : reasonOf(cause);
  const message = `${method} ${name}: ${reason} (${address.host})`;
  const details = { path: name, operation: method, safe: 'nothing was changed here' };
  const proxyHint = unusedProxyHint(address);
  if (LASTING.test(reason))
    return new StatelogError('IO_FAILED', message, {
      ...details,
      hint: proxyHint ?? 'is the endpoint right, and the network up? see AWS_ENDPOINT_URL_S3',
    });
  return new StoreUnavailable(message, { ...details, hint: proxyHint ?? 'run it again' });
}

/** The system's name for what went wrong, which `fetch` hides in the causes of its error. */
function reasonOf(thrown: unknown): string {
  let message = 'the connection failed';
  for (let link: unknown = thrown; link instanceof Error; link = link.cause) {
    if ('code' in link && typeof link.code === 'string')
      return link.code === CUT ? 'the connection was cut' : link.code;
    if (link instanceof AggregateError && link.errors.length > 0) return reasonOf(link.errors[0]);
    if (link.message === '' || link.message === 'proxy authentication required') return PROXY_REFUSAL;
    message = link.message;
  }
  return message;
}
