import { connect, headers, type ConnectionOptions, type NatsConnection } from '@nats-io/transport-node';
import type { ExecutionContext } from 'ava';
import { CURSOR_TYPE, PUT_TYPE } from '../../../src/engine/fold/format/format.js';
import { FoldScanner } from '../../../src/engine/fold/scan/scanner.js';
import { FoldStore } from '../../../src/engine/store/fold-store.js';
import { VersionToken } from '../../../src/engine/fold/format/version-token.js';
import { realFileSystem } from '../../../src/engine/storage-io/real/real-file-system.js';

/** A key as a bucket, or a fold of it, has it. */
export interface Live {
  readonly value: string;
  readonly revision: number;
}

/** Requests that may be under way at once. */
const REQUESTS_MAX = 500;

/** A bucket as an administrator and a writer see it: by the protocol, and not by the code under test. */
export class NatsBucket {
  readonly connection: NatsConnection;
  readonly name: string;

  private constructor(connection: NatsConnection, name: string) {
    this.connection = connection;
    this.name = name;
  }

  static async connect(
    t: ExecutionContext,
    port: number,
    name: string,
    options: ConnectionOptions = {},
  ): Promise<NatsBucket> {
    const servers = `127.0.0.1:${port}`;
    const connection = await connect({
      servers,
      maxReconnectAttempts: -1,
      reconnectTimeWait: 200,
      ...options,
    });
    t.teardown(() => connection.close());
    return new NatsBucket(connection, name);
  }

  async create(settings: object = {}): Promise<void> {
    await this.#call(`STREAM.CREATE.KV_${this.name}`, {
      name: `KV_${this.name}`,
      subjects: [`$KV.${this.name}.>`],
      max_msgs_per_subject: 1,
      discard: 'new',
      storage: 'file',
      allow_rollup_hdrs: true,
      allow_direct: true,
      ...settings,
    });
  }

  /** Asks until the cluster, or the server, is there to make it. */
  async createWhenThere(settings: object): Promise<void> {
    await whenThere(() => this.create(settings));
  }

  infoWhenThere(): ReturnType<NatsBucket['info']> {
    return whenThere(() => this.info());
  }

  putWhenThere(key: string, value: string): Promise<number> {
    return whenThere(() => this.put(key, value));
  }

  liveWhenThere(keys: readonly string[]): Promise<Map<string, Live>> {
    return whenThere(() => this.live(keys));
  }

  async destroy(): Promise<void> {
    await this.#call(`STREAM.DELETE.KV_${this.name}`);
  }

  async purge(request: object = {}): Promise<void> {
    await this.#call(`STREAM.PURGE.KV_${this.name}`, request);
  }

  /** @returns the revision */
  async put(key: string, value: string | Uint8Array, waitMs?: number): Promise<number> {
    return this.#write(key, value, { waitMs });
  }

  async delete(key: string, waitMs?: number): Promise<number> {
    return this.#write(key, '', { operation: 'DEL', waitMs });
  }

  /** Puts many at once, without waiting for each. */
  async putAll(entries: Iterable<readonly [string, string | Uint8Array]>): Promise<void> {
    await inBulk(entries, ([key, value]) => this.put(key, value));
  }

  async info(): Promise<{
    readonly state: { readonly last_seq: number };
    readonly cluster?: { readonly leader?: string };
  }> {
    return (await this.#call(`STREAM.INFO.KV_${this.name}`)) as never;
  }

  /** The live keys among those named. */
  async live(keys: Iterable<string>): Promise<Map<string, Live>> {
    const found = new Map<string, Live>();
    await inBulk(keys, async (key) => {
      const live = await this.#get(key);
      if (live !== undefined) found.set(key, live);
    });
    return found;
  }

  async #get(key: string): Promise<Live | undefined> {
    const subject = `$KV.${this.name}.${key}`;
    let answer: Record<string, unknown>;
    try {
      answer = await this.#call(`STREAM.MSG.GET.KV_${this.name}`, { last_by_subj: subject });
    } catch (error) {
      if (String(error).includes('no message found')) return undefined;
      throw error;
    }
    const { seq, data = '' } = answer['message'] as { seq: number; data?: string };
    return data === '' ? undefined : { value: Buffer.from(data, 'base64').toString(), revision: seq };
  }

  async #write(
    key: string,
    value: string | Uint8Array,
    { operation, waitMs: timeout = 5_000 }: { operation?: string; waitMs?: number | undefined },
  ): Promise<number> {
    const fields = headers();
    if (operation !== undefined) fields.set('KV-Operation', operation);
    const options = operation === undefined ? { timeout } : { timeout, headers: fields };
    const answer = (await this.connection.request(`$KV.${this.name}.${key}`, value, options)).json<
      Record<string, unknown>
    >();
    if (typeof answer['seq'] !== 'number') throw new Error(JSON.stringify(answer));
    return answer['seq'];
  }

  async #call(method: string, request?: object): Promise<Record<string, unknown>> {
    const payload = request === undefined ? '' : JSON.stringify(request);
    const answer = (await this.connection.request(`$JS.API.${method}`, payload, { timeout: 5_000 })).json<
      Record<string, unknown>
    >();
    if (answer['error'] !== undefined) throw new Error(JSON.stringify(answer['error']));
    return answer;
  }
}

/** Asks for many at once, without waiting for each. */
async function inBulk<T>(items: Iterable<T>, ask: (item: T) => Promise<unknown>): Promise<void> {
  let waiting: Promise<unknown>[] = [];
  for (const item of items) {
    waiting.push(ask(item));
    if (waiting.length < REQUESTS_MAX) continue;
    await Promise.all(waiting);
    waiting = [];
  }
  await Promise.all(waiting);
}

/** Tries until it works: a cluster without a leader answers nothing, for a while. */
async function whenThere<T>(work: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await work();
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }
}

/** The keys of a fold log, with values and revisions. */
export function liveOfFold(path: string): Map<string, Live> {
  const store = FoldStore.load(path, realFileSystem());
  const live = new Map<string, Live>();
  for (const { key, value, version } of store.entries()) {
    const revision = Number(VersionToken.fromBytes(version ?? new Uint8Array(0)).asU64() ?? 0n);
    live.set(new TextDecoder().decode(key), { value: new TextDecoder().decode(value), revision });
  }
  store.close();
  return live;
}

/**
 * The revisions of the puts that a log's cursors close, as they lie. Where a kill comes between data and cursor, records lie there that
 * no cursor counts: they are written again behind those of a cursor that may be earlier than they are.
 */
export function revisionsIn(fold: string): bigint[] {
  const fileSystem = realFileSystem();
  const descriptor = fileSystem.openRead(fold);
  const { size } = fileSystem.statusOf(descriptor);
  const scanner = new FoldScanner({ fileSystem, descriptor, path: fold, size }, { isLocked: () => true });
  const revisions: bigint[] = [];
  let batch = new Set<bigint>();
  for (let step = scanner.next(); step !== 'end'; step = scanner.next()) {
    if (step === 'finding') continue;
    if (scanner.record.type === PUT_TYPE) batch.add(scanner.record.token().asU64()!);
    if (scanner.record.type !== CURSOR_TYPE) continue;
    const closedTo = scanner.record.cursor().version.asU64()!;
    revisions.push(...[...batch].filter((revision) => revision <= closedTo));
    batch = new Set();
  }
  fileSystem.close(descriptor);
  return revisions;
}

/** Entries in one order, to be compared. */
export const sorted = (live: ReadonlyMap<string, Live>): [string, Live][] =>
  [...live].sort(([one], [other]) => (one < other ? -1 : 1));
