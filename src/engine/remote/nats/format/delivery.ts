/** A message's place, as its reply subject says it. */
export interface Delivery {
  /** Its place in the stream: the revision. */
  readonly revision: bigint;
  /** Its place among what the consumer sent: a gap is a message that was lost on the way. */
  readonly consumerSequence: number;
  /** Milliseconds since 1970. */
  readonly writtenAtMs: number;
  /** Messages that waited behind it. */
  readonly pending: number;
}

/** `$JS.ACK.STREAM.CONSUMER.DELIVERED.STREAM_SEQ.CONSUMER_SEQ.TIME.PENDING` */
const WORDS = 9;
/** The later form has a domain and an account behind the first two, and may have a word more at the end. */
const WORDS_WITH_DOMAIN = 11;
const NS_A_MS = 1_000_000n;

/** Reads a reply subject; undefined where it is none of a message that a consumer sent. */
export function parseDelivery(reply: string): Delivery | undefined {
  const words = reply.split('.');
  if (words[0] !== '$JS' || words[1] !== 'ACK') return undefined;
  if (words.length !== WORDS && words.length < WORDS_WITH_DOMAIN) return undefined;
  const first = words.length === WORDS ? 5 : 7;
  const numbers = words.slice(first, first + 4);
  if (!numbers.every((word) => /^\d{1,20}$/.test(word))) return undefined;
  const [revision, consumerSequence, time, pending] = numbers as [string, string, string, string];
  return {
    revision: BigInt(revision),
    consumerSequence: Number(consumerSequence),
    writtenAtMs: Number(BigInt(time) / NS_A_MS),
    pending: Number(pending),
  };
}

/**
 * True where a message deletes its key: it says so, or its value is empty. A server's markers for what aged out are empty, too.
 * @param operation the header `KV-Operation`
 */
export function isDelete(operation: string, valueBytes: number): boolean {
  return operation === 'DEL' || operation === 'PURGE' || valueBytes === 0;
}
