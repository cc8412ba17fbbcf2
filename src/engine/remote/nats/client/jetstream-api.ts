import type { MsgHdrs, NatsConnection } from '@nats-io/transport-node';
import type { StatelogError } from '../../../errors.js';
import { TransientError } from '../source/change-source.js';
import { apiFailure, connectFailure, isRefusal, requestFailure, type ApiError } from './client-errors.js';

const REQUEST_MS = 5_000;
/** A server that has just come back may not hear the first requests: they are given up soon, and each after it later. */
const FIRST_REQUEST_MS = 1_000;
/** A bucket that was there may seem not to be while a cluster finds itself again: it is asked for so often before it is gone. */
const MISSING_TRIES = 8;

/** Told why a connection was lost, and the error where it is for good. */
type OnDisconnect = (reason: string, lastWord?: StatelogError) => void;

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
  /** The server has refused the credentials of a connection that stood: the next one shows whether for good. */
  #isRefused = false;
  /** The last such refusal. The client may close the connection for it and then name another reason, or none. */
  #refusal: Error | undefined;
  readonly #onDisconnect = new Set<OnDisconnect>();
  readonly #onReconnect = new Set<() => void>();
  /** How long the next request waits for its answer. */
  #requestMs = REQUEST_MS;

  constructor(connection: NatsConnection, name: string, inboxPrefix?: string) {
    this.connection = connection;
    this.name = name;
    this.inboxPrefix = inboxPrefix;
    void connection.closed().then((error) => {
      const reason = error instanceof Error ? error : new Error('it was closed');
      this.#closed = connectFailure(name, this.#refusal ?? reason);
      this.#isConnected = false;
      this.#tellDisconnect('the connection was closed', this.#closed);
    });
    void this.#watch();
  }

  /** False while the server is away. */
  get isConnected(): boolean {
    return this.#isConnected;
  }

  /** Calls when the connection is lost, each time. @returns a function that takes it back */
  onDisconnect(call: OnDisconnect): () => void {
    this.#onDisconnect.add(call);
    return () => {
      this.#onDisconnect.delete(call);
    };
  }

  /**
   * Calls `$JS.API.METHOD` and gives the answer's fields. The call may be made anew, since what was sent before a connection was
   * lost is not answered on the next one: it must do no more if it comes twice.
   * @throws StatelogError for the last word, `TransientError` for what may be over soon: the first call of all must succeed
   */
  async call(method: string, request?: object): Promise<Record<string, unknown>> {
    const payload = request === undefined ? undefined : JSON.stringify(request);
    const answer = await this.#renewed(() => this.request(`$JS.API.${method}`, payload));
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
      const timeout = this.#requestMs;
      const options = headers === undefined ? { timeout } : { timeout, headers };
      const { data } = await this.connection.request(subject, payload, options);
      this.#requestMs = REQUEST_MS;
      return data;
    } catch (error) {
      this.#requestMs = Math.min(REQUEST_MS, this.#requestMs * 2);
      throw this.#closed ?? this.#requestFailure(error);
    }
  }

  /** Sends a request, and again each time that the server is back before its answer is there. */
  async #renewed(send: () => Promise<Uint8Array>): Promise<Uint8Array> {
    for (;;) {
      let renew = (): void => undefined;
      const isBack = new Promise<undefined>((resolve) => {
        renew = (): void => {
          resolve(undefined);
        };
      });
      this.#onReconnect.add(renew);
      try {
        const answer = await Promise.race([send(), isBack]);
        if (answer !== undefined) return answer;
      } finally {
        this.#onReconnect.delete(renew);
      }
    }
  }

  async #watch(): Promise<void> {
    for await (const status of this.connection.status()) {
      const { type } = status;
      if (type === 'error' && isRefusal(status.error)) {
        this.#isRefused = true;
        this.#refusal = status.error;
      }
      if (type === 'disconnect') {
        this.#isConnected = false;
        if (!this.#isRefused) this.#tellDisconnect('the connection is lost');
      }
      if (type === 'reconnect') {
        // Nobody was told yet, and what was asked of the connection before is not answered on this one.
        if (this.#isRefused) this.#tellDisconnect('the connection was lost');
        this.#isRefused = false;
        this.#isConnected = true;
        this.#requestMs = FIRST_REQUEST_MS;
        for (const renew of [...this.#onReconnect]) renew();
      }
    }
  }

  #tellDisconnect(reason: string, lastWord?: StatelogError): void {
    for (const call of [...this.#onDisconnect]) call(reason, lastWord);
  }

  #requestFailure(error: unknown): Error {
    if (this.connection.isClosed()) return connectFailure(this.name, this.#refusal ?? error);
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
