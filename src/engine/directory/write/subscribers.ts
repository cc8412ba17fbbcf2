import { MulticastBuffer } from '../../multicast/multicast-buffer.js';

/** One acknowledged change, as subscribers see it. */
export interface Change {
  readonly epoch: bigint;
  readonly coreId: number;
  readonly op: 'put' | 'delete';
  readonly key: Uint8Array;
  /** Undefined for a delete. */
  readonly value: Uint8Array | undefined;
}

/** How many changes a subscriber may be behind before the writer waits for it. */
const CAPACITY = 1024;

/** A buffer for one set of members. When a member comes or goes, the next generation takes over. */
interface Generation {
  readonly buffer: MulticastBuffer<Change>;
  superseded: boolean;
}

/** Something that others wait for, again and again. */
class Signal {
  #waiting: (() => void)[] = [];

  wait(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  raise(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }
}

/**
 * Hands every acknowledged change to every subscriber, in order. Nothing is dropped: when the
 * multicast buffer is full, `publish` waits for the slowest. A multicast buffer has a fixed number
 * of consumers, so each joining and leaving starts a new one; members read the old one to its end first.
 */
export class Subscribers {
  readonly published = new Signal();
  readonly consumed = new Signal();
  closed = false;
  #members: Subscription[] = [];
  #current: Generation | undefined;
  #publishing: Promise<void> = Promise.resolve();

  get count(): number {
    return this.#members.length;
  }

  join(): Subscription {
    const member = new Subscription(this);
    this.#regroup([...this.#members, member]);
    return member;
  }

  leave(member: Subscription): void {
    if (!this.#members.includes(member)) return;
    this.#regroup(this.#members.filter((other) => other !== member));
  }

  /** Hands changes on behind all that were handed on before: in the order in which they were acknowledged. */
  async publishAll(changes: readonly Change[]): Promise<void> {
    const before = this.#publishing;
    this.#publishing = (async () => {
      await before;
      for (const change of changes) await this.publish(change);
    })();
    await this.#publishing;
  }

  /** Resolves when the change is in the buffer: at once, unless the slowest member is far behind. */
  async publish(change: Change): Promise<void> {
    while (this.#current !== undefined && !this.closed) {
      if (this.#current.buffer.tryPublish(change)) {
        this.published.raise();
        return;
      }
      await this.consumed.wait();
    }
  }

  /** Ends every subscription once it has read what was published. */
  close(): void {
    this.closed = true;
    this.published.raise();
    this.consumed.raise();
  }

  #regroup(members: Subscription[]): void {
    if (this.#current !== undefined) this.#current.superseded = true;
    this.#members = members;
    this.#current =
      members.length === 0
        ? undefined
        : { buffer: new MulticastBuffer<Change>(CAPACITY, members.length), superseded: false };
    for (const [index, member] of members.entries()) {
      if (this.#current !== undefined) member.enter(this.#current, index);
    }
    this.published.raise();
    this.consumed.raise();
  }
}

/** One reader of changes. Iterate it, and call `close` (or leave the loop) when done. */
export class Subscription implements AsyncIterable<Change> {
  readonly #owner: Subscribers;
  readonly #generations: { readonly generation: Generation; readonly index: number }[] = [];
  #left = false;

  /** @internal */
  constructor(owner: Subscribers) {
    this.#owner = owner;
  }

  /** @internal */
  enter(generation: Generation, index: number): void {
    this.#generations.push({ generation, index });
  }

  /** The next change that is there already, or undefined. */
  poll(): Change | undefined {
    for (;;) {
      const head = this.#generations[0];
      if (head === undefined || this.#left) return undefined;
      const change = head.generation.buffer.consume(head.index);
      if (change !== undefined) {
        this.#owner.consumed.raise();
        return change;
      }
      if (!head.generation.superseded || this.#generations.length === 1) return undefined;
      this.#generations.shift();
    }
  }

  /** The next change; undefined once the store is closed, or the subscription. */
  async next(): Promise<Change | undefined> {
    for (;;) {
      const change = this.poll();
      if (change !== undefined) return change;
      if (this.#left || this.#owner.closed) return undefined;
      await this.#owner.published.wait();
    }
  }

  /** Stops reading; the writer no longer waits for this subscription. */
  close(): void {
    this.#left = true;
    this.#owner.leave(this);
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Change, void> {
    try {
      for (let change = await this.next(); change !== undefined; change = await this.next()) yield change;
    } finally {
      this.close();
    }
  }
}
