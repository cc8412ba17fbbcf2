import type { MsgHdrs, NatsConnection } from '@nats-io/transport-node';
import type { StatelogError } from '../../../errors.js';
import { TransientError } from '../source/change-source.js';
import { apiFailure, connectFailure, requestFailure, type ApiError } from './client-errors.js';

const REQUEST_MS = 5_000;
/** A bucket that was there may seem not to be while a cluster finds itself again: it is asked for so often before it is gone. */
const MISSING_TRIES = 8;

/** Requests to JetStream over one connection, and what their failures mean. */
export class JetStreamApi {
  readonly connection: NatsConnection;
  /** The bucket's address, without credentials. */
  readonly name: string;
  /** Starts the subjects on which messages come; undefined: the client's usual. */
  readonly inboxPrefix: string | undefined;
  #isFirst = true;
  #missing = 0;
  /** Why the connection is closed for good. */
  #closed: StatelogError | undefined;
  #isConnected = true;
  readonly #onDisconnect = new Set<(reason: string) => void>();

  constructor(connection: NatsConnection, name: string, inboxPrefix?: string) {
    this.connection = connection;
    this.name = name;
    this.inboxPrefix = inboxPrefix;
    void connection.closed().then((error) => {
      this.#closed = connectFailure(name, error instanceof Error ? error : new Error('it was closed'));
      this.#tellDisconnect('the connection was closed');
    });
    void this.#watch();
  }

  /** False while the server is away. */
  get isConnected(): boolean {
    return this.#isConnected;
  }

  /** Calls when the connection is lost, each time. @returns a function that takes it back */
  onDisconnect(call: (reason: string) => void): () => void {
    this.#onDisconnect.add(call);
    return () => {
      this.#onDisconnect.delete(call);
    };
  }

  /**
   * Calls `$JS.API.METHOD` and gives the answer's fields.
   * @throws StatelogError for the last word, `TransientError` for what may be over soon: the first call of all must succeed
   */
  async call(method: string, request?: object): Promise<Record<string, unknown>> {
    const payload = request === undefined ? undefined : JSON.stringify(request);
    const answer = await this.request(`$JS.API.${method}`, payload);
    const fields = parse(answer);
    const error = fields['error'] as ApiError | undefined;
    if (error === undefined) {
      this.#isFirst = false;
      this.#missing = 0;
      return fields;
    }
    throw this.failure(error);
  }

  /** The failure that an answer's error means. */
  failure(error: ApiError): Error {
    const isMissing = error.code === 404;
    this.#missing = isMissing ? this.#missing + 1 : 0;
    return apiFailure(this.name, error, this.#isFirst || this.#missing > MISSING_TRIES);
  }

  /** Sends one request and gives the answer's bytes; throws as `call` does where there is none. */
  async request(subject: string, payload?: Uint8Array | string, headers?: MsgHdrs): Promise<Uint8Array> {
    try {
      const options = headers === undefined ? { timeout: REQUEST_MS } : { timeout: REQUEST_MS, headers };
      return (await this.connection.request(subject, payload, options)).data;
    } catch (error) {
      throw this.#closed ?? this.#requestFailure(error);
    }
  }

  async #watch(): Promise<void> {
    for await (const { type } of this.connection.status()) {
      if (type === 'reconnect') this.#isConnected = true;
      if (type === 'disconnect') this.#tellDisconnect('the connection is lost');
    }
  }

  #tellDisconnect(reason: string): void {
    this.#isConnected = false;
    for (const call of [...this.#onDisconnect]) call(reason);
  }

  #requestFailure(error: unknown): Error {
    if (this.connection.isClosed()) return connectFailure(this.name, error);
    return requestFailure(this.name, error, this.#isFirst);
  }
}

function parse(bytes: Uint8Array): Record<string, unknown> {
  try {
    return Object(JSON.parse(new TextDecoder().decode(bytes))) as Record<string, unknown>;
  } catch {
    throw new TransientError('JetStream gave an answer that is no JSON');
  }
}
