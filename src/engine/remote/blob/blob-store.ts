/** The facts about a blob. */
export interface BlobStatus {
  /** Its name in the store: segments with `/` between them. */
  readonly name: string;
  readonly bytes: number;
  /** Tells one content that was put under the name from the next. */
  readonly etag: string;
  /** When it was put, in milliseconds since the Unix epoch, by the store's clock. */
  readonly modifiedMs: number;
}

/** A blob that is being read. */
export interface OpenBlob {
  /** All of its bytes, those before the start too. */
  readonly bytes: number;
  readonly etag: string;
  /** The bytes from the start on. Throws a `StoreUnavailable` where they end early. */
  readonly chunks: AsyncIterable<Uint8Array>;
}

/** The state of a name that a put is made for: nothing there, that very content there, or whatever. */
export type PutCondition = 'absent' | 'any' | { readonly etag: string };

/** A part of a blob that is uploaded in parts. */
export interface Part {
  /** Counted from 1. */
  readonly number: number;
  /** Position of its first byte in the blob. */
  readonly start: number;
  readonly bytes: Uint8Array;
  readonly sums: PartSums;
}

/** The sums of a part, of which a store knows one or another. */
export interface PartSums {
  readonly length: number;
  /** CRC-32, as zlib has it. */
  readonly crc32: number;
  /** 32 hex digits. */
  readonly md5: string;
}

/** The proof that a store has a part: it is told again when the upload is completed. */
export interface PartReceipt {
  readonly number: number;
  readonly etag: string;
  /** CRC-32 of the part in base64, where the store keeps it. */
  readonly crc32?: string | undefined;
}

/** An upload that was started, and not completed. */
export interface PendingUpload {
  readonly name: string;
  readonly id: string;
  /** Milliseconds since the Unix epoch, by the store's clock. */
  readonly startedMs: number;
}

/** The end of an upload: done; something has the name already; or the upload is no more. */
export type UploadOutcome = 'done' | 'taken' | 'gone';

/** Uploads of blobs in parts, each of which can be sent again, or after another, until the upload is completed. */
export interface BlobUploads {
  start(name: string): Promise<PendingUpload>;
  /** Uploads under way of blobs whose name begins so, whoever started them. */
  pending(prefix: string): AsyncIterable<PendingUpload>;
  /**
   * The parts of an upload that the store has already, by their numbers; undefined where the upload is no more.
   * @param partBytes length of all parts but the last
   */
  partsThere(upload: PendingUpload, partBytes: number): Promise<ReadonlyMap<number, PartReceipt> | undefined>;
  /** Undefined where the upload is no more. */
  putPart(upload: PendingUpload, part: Part): Promise<PartReceipt | undefined>;
  /** Makes a blob of the parts, if nothing has its name. */
  complete(upload: PendingUpload, parts: readonly PartReceipt[]): Promise<UploadOutcome>;
  /** Removes an upload and its parts; one that is no more is no error. */
  abort(upload: PendingUpload): Promise<void>;
  /**
   * True if the store vouches that a blob is these parts, by sums of its own over what it holds. False says nothing:
   * it has to be read back.
   */
  vouchesFor(name: string, parts: readonly PartSums[]): Promise<boolean>;
}

/**
 * A store of blobs, such as a bucket: whole blobs by name, put under a condition, and read from any byte on. Each method
 * throws a `StatelogError` with the URL of the blob as its path: `PERMISSION_DENIED`, `NOT_FOUND` for the bucket itself,
 * `IO_FAILED` for the rest: a `StoreUnavailable` where that may pass by itself, and callers are to try again.
 */
export interface BlobStore {
  /** The URL of a blob, for people. */
  urlOf(name: string): string;
  /** The time by the store's clock, in milliseconds since the Unix epoch. */
  nowMs(): number;
  /**
   * True if puts under a condition are refused where it does not hold, rather than done all the same.
   * @param probeName a blob that may be made to find out; it stays
   */
  honoursConditions(probeName: string): Promise<boolean>;

  /** Undefined where nothing is there. */
  status(name: string): Promise<BlobStatus | undefined>;
  /**
   * Opens a blob, or its part from `start` on; undefined where nothing is there.
   * @param etag the content that is wanted: another one is `IO_FAILED`
   */
  get(name: string, range?: { readonly start: number; readonly etag: string }): Promise<OpenBlob | undefined>;
  /**
   * Puts a whole blob: it is there and durable, or not at all.
   * @returns false where the condition does not hold; also where somebody else was at it at the same moment
   */
  put(name: string, bytes: Uint8Array, condition: PutCondition): Promise<boolean>;
  /** Removes a blob; one that is not there is no error. */
  remove(name: string): Promise<void>;
  /** All blobs whose name begins so, ordered by name. */
  list(prefix: string): AsyncIterable<BlobStatus>;
  readonly uploads: BlobUploads;
}
