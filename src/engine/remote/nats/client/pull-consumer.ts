import { createInbox, type Msg, type Subscription } from '@nats-io/transport-node';
import type { StatelogError } from '../../../errors.js';
import { isDelete, parseDelivery, type Delivery } from '../format/delivery.js';
import type { BucketChange, ChangeStream, StreamEvent } from '../source/change-source.js';
import { EventQueue } from '../source/event-queue.js';
import type { Timers } from '../source/timers.js';
import type { JetStreamApi } from './jetstream-api.js';

/** Messages that are asked for at once, and so the most that wait here. */
const PULL_MESSAGES = 512;
/** Bytes of them, but for a single message that is larger. */
const PULL_BYTES = 8 * 1024 * 1024;
/** Room for a message's subject and headers beside its value. */
const MESSAGE_OVERHEAD_BYTES = 64 * 1024;
const NS_A_MS = 1_000_000;
const HEARTBEAT_MS = 1_000;
/** A request for messages ends after so long, and is made anew. */
const PULL_EXPIRES_MS = 30_000;

const HEARTBEAT = 100;
const NO_MESSAGES = 404;
const REQUEST_EXPIRED = 408;
const CONFLICT = 409;
/** A conflict that only ends the one request. */
const BYTES_EXCEEDED = /exceeds maxbytes|batch completed/i;
/** Stands for the value where only headers are sent. */
const VALUE_SIZE_HEADER = 'Nats-Msg-Size';

/** A consumer that was made on the server. */
export interface MadeConsumer {
  readonly api: JetStreamApi;
  readonly timers: Timers;
  readonly stream: string;
  readonly consumer: string;
  /** The start of the messages' subjects. */
  readonly subjectStart: string;
  readonly pending: number;
  readonly keysOnly: boolean;
}

/**
 * A pull consumer's messages: one request at a time, for as many as may wait here, so that a slow taker costs no memory. It
 * acknowledges nothing: what is lost on the way shows in the numbering, and ends the stream.
 */
export class PullConsumer implements ChangeStream {
  readonly pending: number;
  readonly #made: MadeConsumer;
  readonly #queue: EventQueue;
  readonly #inbox: string;
  readonly #subscription: Subscription;
  /** Messages of the request that is under way which have not come; 0: none is. */
  #asked = 0;
  #received = 0;
  #newest = 0n;
  #isLost = false;
  readonly #forgetDisconnects: () => void;

  constructor(made: MadeConsumer) {
    const { api, timers, pending } = made;
    this.#made = made;
    this.pending = pending;
    this.#queue = new EventQueue(timers);
    this.#inbox = createInbox(api.inboxPrefix);
    this.#subscription = api.connection.subscribe(this.#inbox, {
      callback: (error, message) => {
        if (error !== null) this.#lose(error.message);
        else this.#receive(message);
      },
    });
    this.#forgetDisconnects = api.onDisconnect((reason, lastWord) => {
      this.#lose(reason, lastWord);
    });
    this.#askIfEmpty();
  }

  get newest(): bigint {
    return this.#newest;
  }

  async isDrained(): Promise<boolean> {
    const { api, stream, consumer } = this.#made;
    const info = await api.call(`CONSUMER.INFO.${stream}.${consumer}`);
    const { consumer_seq: sent } = Object(info['delivered']) as { consumer_seq?: number };
    return info['num_pending'] === 0 && sent === this.#received && this.#queue.length === 0;
  }

  take(): StreamEvent | undefined {
    const event = this.#queue.take();
    this.#askIfEmpty();
    return event;
  }

  wait(ms: number): Promise<void> {
    return this.#queue.wait(ms);
  }

  wake(): void {
    this.#queue.wake();
  }

  /** Lets the server forget the consumer; where it does not hear of it, it does so by itself. */
  close(): void {
    const { api, stream, consumer } = this.#made;
    this.#forgetDisconnects();
    if (api.connection.isClosed()) return;
    this.#subscription.unsubscribe();
    api.connection.publish(`$JS.API.CONSUMER.DELETE.${stream}.${consumer}`);
  }

  /** Asks for more once all that was asked for has come and was taken. */
  #askIfEmpty(): void {
    const { api, stream, consumer } = this.#made;
    if (this.#asked > 0 || this.#isLost || this.#queue.length > 0 || api.connection.isClosed()) return;
    this.#asked = PULL_MESSAGES;
    const largest = (api.connection.info?.max_payload ?? 0) + MESSAGE_OVERHEAD_BYTES;
    const request = {
      batch: PULL_MESSAGES,
      max_bytes: Math.max(PULL_BYTES, largest),
      expires: PULL_EXPIRES_MS * NS_A_MS,
      idle_heartbeat: HEARTBEAT_MS * NS_A_MS,
    };
    const subject = `$JS.API.CONSUMER.MSG.NEXT.${stream}.${consumer}`;
    api.connection.publish(subject, JSON.stringify(request), { reply: this.#inbox });
  }

  #receive(message: Msg): void {
    if (this.#isLost) return;
    const status = message.headers?.code ?? 0;
    if (status !== 0) this.#receiveStatus(status, message.headers!.description);
    else this.#receiveChange(message);
  }

  #receiveStatus(status: number, description: string): void {
    if (status === HEARTBEAT) {
      this.#queue.push({ kind: 'alive' });
      return;
    }
    const isOver = status === NO_MESSAGES || status === REQUEST_EXPIRED;
    if (isOver || (status === CONFLICT && BYTES_EXCEEDED.test(description))) {
      this.#asked = 0;
      this.#askIfEmpty();
      return;
    }
    this.#lose(`the server ended the consumer: ${description.toLowerCase() || status}`);
  }

  #receiveChange(message: Msg): void {
    const delivery = message.reply === undefined ? undefined : parseDelivery(message.reply);
    if (delivery?.consumerSequence !== this.#received + 1) {
      this.#lose('a message was lost on the way');
      return;
    }
    this.#received += 1;
    this.#asked -= 1;
    if (delivery.revision > this.#newest) this.#newest = delivery.revision;
    const change = this.#changeOf(message, delivery);
    if (change !== undefined) this.#queue.push({ kind: 'change', change });
  }

  /** Undefined for a message that is not of the bucket's keys. */
  #changeOf(message: Msg, { revision, writtenAtMs, pending }: Delivery): BucketChange | undefined {
    const { subjectStart, keysOnly } = this.#made;
    if (!message.subject.startsWith(subjectStart)) return undefined;
    const key = message.subject.slice(subjectStart.length);
    const size = keysOnly ? Number(message.headers?.get(VALUE_SIZE_HEADER) ?? 0) : message.data.length;
    const isGone = isDelete(message.headers?.get('KV-Operation') ?? '', size);
    // The client's buffer holds what else came with the message: a copy lets it go.
    const value = isGone ? undefined : message.data.slice();
    return { key, value, revision, writtenAtMs, pending };
  }

  #lose(reason: string, lastWord?: StatelogError): void {
    if (this.#isLost) return;
    this.#isLost = true;
    this.#queue.push({ kind: 'lost', reason, lastWord });
  }
}
