import type {
  BlobStatus,
  BlobStore,
  BlobUploads,
  OpenBlob,
  Part,
  PartReceipt,
  PartSums,
  PendingUpload,
  PutCondition,
  UploadOutcome,
} from '../../../src/engine/remote/blob/blob-store.js';
import { compositeCrc, crcText, sumsOf } from '../../../src/engine/remote/blob/part-sums.js';
import { StoreUnavailable } from '../../../src/engine/remote/blob/store-unavailable.js';

/** What becomes of a request: it never arrives, its answer never comes, somebody else was faster, or its sender dies. */
export type Fate = 'good' | 'lost-request' | 'lost-answer' | 'conflict' | 'killed' | 'killed-after';

/** Ends a publisher as SIGKILL does: whatever it asks from then on never arrives. */
export class Killed extends Error {}

interface Blob {
  readonly bytes: Uint8Array;
  readonly etag: string;
  readonly modifiedMs: number;
}

/** The content of a bucket in memory, which several stores share. */
export class SimulatedBucket {
  readonly blobs = new Map<string, Blob>();
  readonly uploads = new Map<
    string,
    { readonly name: string; readonly startedMs: number; readonly parts: Map<number, Part> }
  >();
  /** Called after each blob that was put. */
  onPut: (name: string) => void = () => undefined;
  nowMs = 1_800_000_000_000;
  #count = 0;

  put(name: string, bytes: Uint8Array): void {
    this.#count += 1;
    this.blobs.set(name, { bytes: bytes.slice(), etag: `"${this.#count}"`, modifiedMs: this.nowMs });
    this.onPut(name);
  }

  nextId(): string {
    return String(++this.#count);
  }
}

/** How a store of a simulated bucket meets its requests. */
export interface SimulatedStoreOptions {
  /** The fate of the n-th request, counted from 0. */
  readonly fate?: (request: number, kind: string) => Fate;
  /** Passes the time that a request takes. */
  readonly travel?: () => Promise<unknown>;
  /** True: no condition is looked at. */
  readonly ignoresConditions?: boolean;
  /** True: it keeps no sums, so that what is there has to be read back. */
  readonly keepsNoSums?: boolean;
}

/** A simulated twin of the stores of blobs: one host's way to a bucket that others use, too. */
export class SimulatedStore implements BlobStore {
  readonly uploads: BlobUploads;
  /** The kinds of all requests so far. */
  readonly requests: string[] = [];
  readonly #bucket: SimulatedBucket;
  readonly #options: SimulatedStoreOptions;
  #isKilled = false;

  constructor(bucket: SimulatedBucket, options: SimulatedStoreOptions = {}) {
    this.#bucket = bucket;
    this.#options = options;
    this.uploads = new SimulatedUploads(bucket, options, (kind, act) => this.#request(kind, act));
  }

  urlOf(name: string): string {
    return `sim://${name}`;
  }

  nowMs(): number {
    return this.#bucket.nowMs;
  }

  honoursConditions(): Promise<boolean> {
    return this.#request('probe', () => this.#options.ignoresConditions !== true);
  }

  status(name: string): Promise<BlobStatus | undefined> {
    return this.#request('status', () => {
      const blob = this.#bucket.blobs.get(name);
      return blob && { name, bytes: blob.bytes.length, etag: blob.etag, modifiedMs: blob.modifiedMs };
    });
  }

  get(
    name: string,
    range?: { readonly start: number; readonly etag: string },
  ): Promise<OpenBlob | undefined> {
    return this.#request('get', () => {
      const blob = this.#bucket.blobs.get(name);
      if (blob === undefined) return undefined;
      if (range !== undefined && range.etag !== blob.etag) throw new Error('replaced while it was read');
      return {
        bytes: blob.bytes.length,
        etag: blob.etag,
        chunks: inPieces(blob.bytes.subarray(range?.start ?? 0)),
      };
    });
  }

  put(name: string, bytes: Uint8Array, condition: PutCondition): Promise<boolean> {
    return this.#request('put', () => {
      const there = this.#bucket.blobs.get(name);
      const asked = this.#options.ignoresConditions === true ? 'any' : condition;
      if (asked === 'absent' && there !== undefined) return false;
      if (typeof asked === 'object' && there?.etag !== asked.etag) return false;
      this.#bucket.put(name, bytes);
      return true;
    });
  }

  remove(name: string): Promise<void> {
    return this.#request('remove', () => {
      this.#bucket.blobs.delete(name);
    });
  }

  async *list(prefix: string): AsyncGenerator<BlobStatus, void> {
    const blobs = await this.#request('list', () =>
      [...this.#bucket.blobs].sort(([one], [other]) => (one < other ? -1 : 1)),
    );
    for (const [name, { bytes, etag, modifiedMs }] of blobs)
      if (name.startsWith(prefix)) yield { name, bytes: bytes.length, etag, modifiedMs };
  }

  async #request<T>(kind: string, act: () => T): Promise<T> {
    await this.#options.travel?.();
    if (this.#isKilled) throw new Killed();
    const fate = this.#options.fate?.(this.requests.length, kind) ?? 'good';
    this.requests.push(kind);
    this.#isKilled ||= fate === 'killed' || fate === 'killed-after';
    if (fate === 'killed') throw new Killed();
    if (fate === 'lost-request') throw new StoreUnavailable('the request was lost');
    if (fate === 'conflict' && kind === 'put') throw new StoreUnavailable('somebody else was faster');
    const answer = act();
    await this.#options.travel?.();
    if (fate === 'killed-after') throw new Killed();
    if (fate === 'lost-answer') throw new StoreUnavailable('the answer was lost');
    return answer;
  }
}

class SimulatedUploads implements BlobUploads {
  readonly #bucket: SimulatedBucket;
  readonly #options: SimulatedStoreOptions;
  readonly #request: <T>(kind: string, act: () => T) => Promise<T>;

  constructor(
    bucket: SimulatedBucket,
    options: SimulatedStoreOptions,
    request: <T>(kind: string, act: () => T) => Promise<T>,
  ) {
    this.#bucket = bucket;
    this.#options = options;
    this.#request = request;
  }

  start(name: string): Promise<PendingUpload> {
    return this.#request('start', () => {
      const upload = { name, id: this.#bucket.nextId(), startedMs: this.#bucket.nowMs };
      this.#bucket.uploads.set(upload.id, { ...upload, parts: new Map() });
      return upload;
    });
  }

  async *pending(prefix: string): AsyncGenerator<PendingUpload, void> {
    const uploads = await this.#request('pending', () => [...this.#bucket.uploads]);
    for (const [id, { name, startedMs }] of uploads)
      if (name.startsWith(prefix)) yield { name, id, startedMs };
  }

  partsThere({ id }: PendingUpload): Promise<ReadonlyMap<number, PartReceipt> | undefined> {
    return this.#request('parts', () => {
      const parts = this.#bucket.uploads.get(id)?.parts;
      return parts && new Map([...parts].map(([number, { sums }]) => [number, receiptOf(number, sums)]));
    });
  }

  putPart({ id }: PendingUpload, part: Part): Promise<PartReceipt | undefined> {
    return this.#request('part', () => {
      const upload = this.#bucket.uploads.get(id);
      if (upload === undefined) return undefined;
      upload.parts.set(part.number, { ...part, bytes: part.bytes.slice() });
      return receiptOf(part.number, part.sums);
    });
  }

  complete({ name, id }: PendingUpload, receipts: readonly PartReceipt[]): Promise<UploadOutcome> {
    return this.#request('complete', () => {
      const upload = this.#bucket.uploads.get(id);
      if (upload === undefined) return 'gone';
      if (this.#bucket.blobs.has(name) && this.#options.ignoresConditions !== true) return 'taken';
      this.#bucket.put(name, Buffer.concat(receipts.map(({ number }) => upload.parts.get(number)!.bytes)));
      this.#bucket.uploads.delete(id);
      return 'done';
    });
  }

  abort({ id }: PendingUpload): Promise<void> {
    return this.#request('abort', () => {
      this.#bucket.uploads.delete(id);
    });
  }

  vouchesFor(name: string, parts: readonly PartSums[]): Promise<boolean> {
    return this.#request('vouch', () => {
      if (this.#options.keepsNoSums === true) return false;
      const bytes = this.#bucket.blobs.get(name)!.bytes;
      const there: PartSums[] = [];
      for (let start = 0, index = 0; start < bytes.length; start += there[index++]!.length)
        there.push(sumsOf(bytes.subarray(start, start + (parts[index]?.length ?? bytes.length))));
      return compositeCrc(there) === compositeCrc(parts);
    });
  }
}

function receiptOf(number: number, { md5, crc32 }: PartSums): PartReceipt {
  return { number, etag: md5, crc32: crcText(crc32) };
}

async function* inPieces(bytes: Uint8Array): AsyncGenerator<Uint8Array, void> {
  for (let at = 0; at < bytes.length; at += 1000) {
    await Promise.resolve();
    yield bytes.subarray(at, at + 1000);
  }
}
