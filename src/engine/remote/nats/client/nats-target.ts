import { headers } from '@nats-io/transport-node';
import { isStatelogError } from '../../../errors.js';
import { streamOf, subjectStart } from '../format/bucket-key.js';
import type { BucketTarget } from '../push/bucket-target.js';
import { TransientError, type BucketState } from '../source/change-source.js';
import type { ApiError } from './client-errors.js';
import type { NatsSource } from './nats-source.js';

const WRONG_LAST_SEQUENCE = 10_071;
/** Room for a message's headers in the server's limit of a payload. */
const HEADERS_BYTES = 512;
const EXPECTED = 'Nats-Expected-Last-Subject-Sequence';

/** A bucket of a NATS server, to be written to. */
export class NatsTarget implements BucketTarget {
  readonly source: NatsSource;
  readonly #bucket: string;

  constructor(source: NatsSource, bucket: string) {
    this.source = source;
    this.#bucket = bucket;
  }

  get name(): string {
    return this.source.name;
  }

  get valueBytesMax(): number {
    return (this.source.api.connection.info?.max_payload ?? 0) - HEADERS_BYTES;
  }

  async state(): Promise<BucketState | undefined> {
    try {
      return await this.source.state();
    } catch (error) {
      if (isStatelogError(error, 'NOT_FOUND')) return undefined;
      throw error;
    }
  }

  async create(): Promise<void> {
    const name = streamOf(this.#bucket);
    await this.source.api.call(`STREAM.CREATE.${name}`, {
      name,
      subjects: [`${subjectStart(this.#bucket)}>`],
      storage: 'file',
      max_msgs_per_subject: 1,
      discard: 'new',
      allow_rollup_hdrs: true,
      deny_delete: true,
      allow_direct: true,
    });
  }

  async write(key: string, value: Uint8Array | undefined, expected: bigint): Promise<bigint | undefined> {
    const { api } = this.source;
    const fields = headers();
    fields.set(EXPECTED, String(expected));
    if (value === undefined) fields.set('KV-Operation', 'DEL');
    const bytes = await api.request(
      `${subjectStart(this.#bucket)}${key}`,
      value ?? new Uint8Array(0),
      fields,
    );
    const { seq, error } = parseAnswer(bytes);
    if (error === undefined) return BigInt(seq ?? 0);
    if (error.err_code === WRONG_LAST_SEQUENCE) return undefined;
    throw api.failure(error);
  }
}

function parseAnswer(bytes: Uint8Array): { readonly seq?: number; readonly error?: ApiError } {
  try {
    return Object(JSON.parse(new TextDecoder().decode(bytes))) as { seq?: number; error?: ApiError };
  } catch {
    throw new TransientError('JetStream gave an answer that is no JSON');
  }
}
