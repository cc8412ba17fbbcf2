import { nuid } from '@nats-io/transport-node';
import type { FileSystem } from '../../../storage-io/interface/file-system.js';
import { streamOf } from '../format/bucket-key.js';
import type { BucketAddress } from '../format/bucket-address.js';
import { parseStreamInfo, type StreamInfo } from '../format/stream-info.js';
import {
  TransientError,
  type BucketState,
  type ChangeSource,
  type ChangesRequest,
  type ChangeStream,
} from '../source/change-source.js';
import type { Timers } from '../source/timers.js';
import { connectTo } from './connection.js';
import { connectSettings, type Environment } from './credentials.js';
import { JetStreamApi } from './jetstream-api.js';
import { PullConsumer } from './pull-consumer.js';

const NS_A_MS = 1_000_000;
/** How long after its last request the server forgets a consumer that nobody closed. */
const INACTIVE_MS = 60_000;

/** The surroundings of a connection. */
export interface NatsSurroundings {
  readonly environment: Environment;
  readonly fileSystem: FileSystem;
  readonly timers: Timers;
}

/** A key-value bucket of a NATS server. */
export class NatsSource implements ChangeSource {
  readonly name: string;
  readonly stream: string;
  readonly api: JetStreamApi;
  readonly #bucket: string;
  readonly #timers: Timers;
  #subjectStart = '';

  private constructor(address: BucketAddress, api: JetStreamApi, timers: Timers) {
    this.name = address.shown;
    this.stream = streamOf(address.bucket);
    this.api = api;
    this.#bucket = address.bucket;
    this.#timers = timers;
  }

  /**
   * Connects to the server of a bucket; whether the bucket is there, `state` tells.
   * @throws StatelogError `IO_FAILED`, `PERMISSION_DENIED`, `INVALID_ARGUMENT`, `NOT_FOUND` for a file of credentials
   */
  static async connect(
    address: BucketAddress,
    { environment, fileSystem, timers }: NatsSurroundings,
  ): Promise<NatsSource> {
    const settings = connectSettings(address, environment, fileSystem);
    const connection = await connectTo(address.shown, settings);
    return new NatsSource(address, new JetStreamApi(connection, address.shown, settings.inboxPrefix), timers);
  }

  async state(): Promise<BucketState> {
    return this.#info();
  }

  async open({ after, prefix, keysOnly = false }: ChangesRequest): Promise<ChangeStream> {
    if (this.#subjectStart === '') await this.#info();
    const consumer = nuid.next();
    const filter = `${this.#subjectStart}${prefix}>`;
    const start =
      after === undefined
        ? { deliver_policy: 'last_per_subject' }
        : { deliver_policy: 'by_start_sequence', opt_start_seq: Number(after + 1n) };
    const config = {
      name: consumer,
      ack_policy: 'none',
      filter_subject: filter,
      headers_only: keysOnly,
      inactive_threshold: INACTIVE_MS * NS_A_MS,
      mem_storage: true,
      num_replicas: 1,
      ...start,
    };
    const made = await this.api.call(`CONSUMER.CREATE.${this.stream}.${consumer}.${filter}`, {
      stream_name: this.stream,
      config,
    });
    return new PullConsumer({
      api: this.api,
      timers: this.#timers,
      stream: this.stream,
      consumer,
      subjectStart: this.#subjectStart,
      pending: Number(made['num_pending'] ?? 0),
      keysOnly,
    });
  }

  async close(): Promise<void> {
    // What was asked of the server last is to reach it; a server that is away is not waited for.
    if (!this.api.connection.isClosed() && this.api.isConnected) await this.api.connection.drain();
    await this.api.connection.close();
  }

  async #info(): Promise<StreamInfo> {
    const info = parseStreamInfo(this.#bucket, await this.api.call(`STREAM.INFO.${this.stream}`));
    if (info === undefined) throw new TransientError('JetStream described the bucket incompletely');
    this.#subjectStart = info.subjectStart;
    return info;
  }
}
