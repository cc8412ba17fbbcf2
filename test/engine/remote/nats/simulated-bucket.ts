import type { Retention } from '../../../../src/engine/remote/nats/format/retention.js';
import {
  TransientError,
  type BucketChange,
  type BucketState,
  type ChangeSource,
  type ChangesRequest,
  type ChangeStream,
  type StreamEvent,
} from '../../../../src/engine/remote/nats/source/change-source.js';
import { EventQueue } from '../../../../src/engine/remote/nats/source/event-queue.js';
import type { SimulatedTime } from './simulated-time.js';

/** Real consumers send as many ahead of who takes them. */
const AHEAD_MAX = 512;
const HEARTBEAT_MS = 1_000;
/** What the server's clock says when the simulated time begins. */
const EPOCH_MS = 1_700_000_000_000;

/** A message that the bucket keeps. */
interface Message {
  readonly key: string;
  readonly value: Uint8Array | undefined;
  readonly revision: bigint;
  readonly atMs: number;
}

/** A key as the bucket, or a fold of it, has it. */
export interface Live {
  readonly value: string;
  readonly revision: bigint;
}

/**
 * A bucket that loses its server, its head, its consumers and itself when told to, and is silent about it as the real one is: a
 * position that is gone is no error, the next message that is left is what comes.
 */
export class SimulatedBucket implements ChangeSource {
  readonly name = 'nats://simulated/bucket';
  readonly #time: SimulatedTime;
  #messages: Message[] = [];
  #last = 0n;
  #life = 1;
  #retention: Retention = { maxAgeMs: 0, evictsOtherwise: false };
  /** Every write less every real delete: what a fold that missed nothing holds. */
  readonly truth = new Map<string, Live>();
  readonly #streams = new Set<SimulatedStream>();
  /** The server answers nothing. */
  isDown = false;
  /** How often a consumer was made. */
  opened = 0;
  /** Called when a consumer has been made, before anything is sent. */
  onOpened: (() => void) | undefined;

  constructor(time: SimulatedTime) {
    this.#time = time;
  }

  get last(): bigint {
    return this.#last;
  }

  set retention(retention: Retention) {
    this.#retention = retention;
  }

  /** The last revision of a key that is kept; 0n where none is. */
  revisionOf(key: string): bigint {
    return this.#messages.find((message) => message.key === key)?.revision ?? 0n;
  }

  put(key: string, value: string): bigint {
    const revision = this.#append(key, value === '' ? undefined : new TextEncoder().encode(value));
    if (value === '') this.truth.delete(key);
    else this.truth.set(key, { value, revision });
    return revision;
  }

  delete(key: string): void {
    this.#append(key, undefined);
    this.truth.delete(key);
  }

  /** Drops the first messages, current values and marks of deletion alike. */
  dropHead(count: number): void {
    this.#messages.splice(0, count);
  }

  /** The bucket is deleted and made anew, empty. */
  recreate(): void {
    this.#life += 1;
    this.#messages = [];
    this.#last = 0n;
    this.truth.clear();
    this.killConsumers('silently');
  }

  /** Consumers die, and say so or not. */
  killConsumers(how: 'told' | 'silently'): void {
    for (const stream of this.#streams) stream.die(how === 'told' ? 'the connection is lost' : undefined);
  }

  // eslint-disable-next-line @typescript-eslint/require-await -- as the real one
  async state(): Promise<BucketState> {
    if (this.isDown) throw new TransientError('the server is away');
    return {
      created: `life ${this.#life}`,
      firstRevision: this.#messages[0]?.revision ?? (this.#last === 0n ? 0n : this.#last + 1n),
      lastRevision: this.#last,
      retention: this.#retention,
      serverTimeMs: EPOCH_MS + this.#time.nowMs(),
    };
  }

  // eslint-disable-next-line @typescript-eslint/require-await -- as the real one
  async open(request: ChangesRequest): Promise<ChangeStream> {
    if (this.isDown) throw new TransientError('the server is away');
    this.opened += 1;
    const stream = new SimulatedStream(this.#time, this, request);
    this.#streams.add(stream);
    this.onOpened?.();
    return stream;
  }

  forget(stream: SimulatedStream): void {
    this.#streams.delete(stream);
  }

  /** The first message from a revision on that a consumer wants. */
  nextFrom(revision: bigint, prefix: string): Message | undefined {
    return this.#messages.find((message) => message.revision >= revision && message.key.startsWith(prefix));
  }

  countFrom(revision: bigint, prefix: string): number {
    return this.#messages.filter((message) => message.revision >= revision && message.key.startsWith(prefix))
      .length;
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  #append(key: string, value: Uint8Array | undefined): bigint {
    this.#messages = this.#messages.filter((message) => message.key !== key);
    this.#last += 1n;
    this.#messages.push({ key, value, revision: this.#last, atMs: EPOCH_MS + this.#time.nowMs() });
    for (const stream of this.#streams) stream.send();
    return this.#last;
  }
}

/** A consumer: with one message kept of a key, the newest of each is whatever is there. */
class SimulatedStream implements ChangeStream {
  readonly pending: number;
  newest = 0n;
  readonly #time: SimulatedTime;
  readonly #bucket: SimulatedBucket;
  readonly #prefix: string;
  readonly #keysOnly: boolean;
  readonly #queue: EventQueue;
  #next: bigint;
  #ahead = 0;
  #isDead = false;
  #cancelHeartbeat: () => void = () => undefined;

  constructor(
    time: SimulatedTime,
    bucket: SimulatedBucket,
    { after, prefix, keysOnly = false }: ChangesRequest,
  ) {
    this.#time = time;
    this.#bucket = bucket;
    this.#prefix = prefix;
    this.#keysOnly = keysOnly;
    this.#queue = new EventQueue(time);
    this.#next = (after ?? 0n) + 1n;
    this.pending = bucket.countFrom(this.#next, prefix);
    this.#beat();
  }

  take(): StreamEvent | undefined {
    if (this.#queue.length === 0) {
      this.#ahead = 0;
      this.send();
    }
    return this.#queue.take();
  }

  wait(ms: number): Promise<void> {
    return this.#queue.wait(ms);
  }

  wake(): void {
    this.#queue.wake();
  }

  close(): void {
    this.#isDead = true;
    this.#cancelHeartbeat();
    this.#bucket.forget(this);
  }

  isDrained(): Promise<boolean> {
    return Promise.resolve(
      !this.#isDead && this.#queue.length === 0 && this.#bucket.countFrom(this.#next, this.#prefix) === 0,
    );
  }

  die(reason: string | undefined): void {
    this.#isDead = true;
    if (reason !== undefined) this.#queue.push({ kind: 'lost', reason });
  }

  /** Sends what there is, as far as it may go ahead. */
  send(): void {
    while (!this.#isDead && this.#ahead < AHEAD_MAX) {
      const message = this.#bucket.nextFrom(this.#next, this.#prefix);
      if (message === undefined) return;
      this.#next = message.revision + 1n;
      this.#ahead += 1;
      this.newest = message.revision;
      this.#queue.push({ kind: 'change', change: this.#changeOf(message) });
    }
  }

  #changeOf({ key, value, revision, atMs }: Message): BucketChange {
    const pending = this.#bucket.countFrom(this.#next, this.#prefix);
    const shown = this.#keysOnly && value !== undefined ? new Uint8Array(0) : value;
    return { key, value: shown, revision, writtenAtMs: atMs, pending };
  }

  #beat(): void {
    this.#cancelHeartbeat = this.#time.after(HEARTBEAT_MS, () => {
      if (this.#isDead) return;
      if (!this.#bucket.isDown) this.#queue.push({ kind: 'alive' });
      this.#beat();
    });
  }
}
