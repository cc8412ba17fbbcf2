import { StatelogError } from '../../errors.js';
import type { BlobStatus, BlobStore, OpenBlob, PutCondition } from '../blob/blob-store.js';
import { crcText, sumsOf } from '../blob/part-sums.js';
import { StoreUnavailable } from '../blob/store-unavailable.js';
import { errorCodeOf, htmlAnswer, isHtml } from './s3-errors.js';
import { S3Client, type S3Answer, type S3Settings } from './s3-client.js';
import { S3Uploads } from './s3-uploads.js';
import { elements, textOf } from './xml.js';

const NOT_FOUND = 404;
const CONDITION_FAILED = 412;
const NOT_IMPLEMENTED = 501;
const PARTIAL_CONTENT = 206;
/** No content has it. */
const NO_ETAG = `"${'0'.repeat(32)}"`;

/** A bucket of S3, or of whatever speaks like it. */
export class S3Store implements BlobStore {
  readonly uploads: S3Uploads;
  readonly #client: S3Client;

  constructor(settings: S3Settings, nowMs?: () => number) {
    this.#client = new S3Client(settings, nowMs);
    this.uploads = new S3Uploads(this.#client);
  }

  urlOf(name: string): string {
    return this.#client.urlOf(name);
  }

  nowMs(): number {
    return this.#client.nowMs();
  }

  async honoursConditions(probeName: string): Promise<boolean> {
    const nothing = new Uint8Array(0);
    // There already: that it was refused says it. Else it is there now, and refused the second time.
    for (const condition of ['absent', 'absent', { etag: NO_ETAG }] as const) {
      const outcome = await this.#put(probeName, nothing, condition);
      if (outcome === NOT_IMPLEMENTED) return this.#withoutConditions();
      if (outcome === CONDITION_FAILED || outcome === NOT_FOUND) {
        if (condition === 'absent') return true;
        continue;
      }
      if (condition !== 'absent') return this.#withoutConditions();
    }
    return this.#withoutConditions();
  }

  async status(name: string): Promise<BlobStatus | undefined> {
    const answer = await this.#client.send({ method: 'HEAD', name, expected: [NOT_FOUND] });
    if (answer.status === NOT_FOUND) return undefined;
    const { headers } = answer;
    return {
      name,
      bytes: lengthOf(answer, this.urlOf(name), 'HEAD'),
      etag: headers.get('etag') ?? '',
      modifiedMs: Date.parse(headers.get('last-modified') ?? '') || 0,
    };
  }

  async get(
    name: string,
    range?: { readonly start: number; readonly etag: string },
  ): Promise<OpenBlob | undefined> {
    const headers: Record<string, string> =
      range === undefined ? {} : { range: `bytes=${range.start}-`, 'if-match': range.etag };
    const answer = await this.#client.send({
      method: 'GET',
      name,
      headers,
      expected: [NOT_FOUND, CONDITION_FAILED],
    });
    const url = this.urlOf(name);
    if (answer.status === NOT_FOUND) return this.#nothingThere(answer, url);
    if (answer.status === CONDITION_FAILED) throw await replacedMeanwhile(answer, url);
    if (isHtml(answer.headers, '')) throw htmlAnswer('GET', url, answer.status);
    const isPart = answer.status === PARTIAL_CONTENT;
    if (range !== undefined && range.start > 0 && !isPart) throw noRanges(url);
    const length = lengthOf(answer, url, 'GET');
    return {
      bytes: length + (isPart ? (range?.start ?? 0) : 0),
      etag: answer.headers.get('etag') ?? '',
      chunks: answer.chunks(),
    };
  }

  async put(name: string, bytes: Uint8Array, condition: PutCondition): Promise<boolean> {
    const outcome = await this.#put(name, bytes, this.uploads.ignoresConditions ? 'any' : condition);
    if (outcome !== NOT_IMPLEMENTED) return outcome !== CONDITION_FAILED && outcome !== NOT_FOUND;
    const url = this.urlOf(name);
    throw new StatelogError('NOT_ATOMIC', `PUT ${url}: the store knows no puts under a condition`, {
      path: url,
      operation: 'PUT',
    });
  }

  async remove(name: string): Promise<void> {
    const answer = await this.#client.send({ method: 'DELETE', name, expected: [NOT_FOUND] });
    await answer.text();
  }

  async *list(prefix: string): AsyncGenerator<BlobStatus, void> {
    let token: string | undefined;
    do {
      const query: Record<string, string> = { 'list-type': '2', prefix };
      if (token !== undefined) query['continuation-token'] = token;
      const { xml } = await this.#client.sendForXml({ method: 'GET', name: '', query }, 'ListBucketResult');
      for (const content of elements(xml, 'Contents')) yield statusIn(content);
      token = textOf(xml, 'IsTruncated') === 'true' ? textOf(xml, 'NextContinuationToken') : undefined;
    } while (token !== undefined);
  }

  /** The state of the answer. */
  async #put(name: string, body: Uint8Array, condition: PutCondition): Promise<number> {
    const headers: Record<string, string> = { 'x-amz-checksum-crc32': crcText(sumsOf(body).crc32) };
    if (condition === 'absent') headers['if-none-match'] = '*';
    else if (condition !== 'any') headers['if-match'] = condition.etag;
    const expected = [CONDITION_FAILED, NOT_IMPLEMENTED, ...(condition === 'any' ? [] : [NOT_FOUND])];
    const answer = await this.#client.send({ method: 'PUT', name, headers, body, expected });
    const text = await answer.text();
    if (answer.status === NOT_FOUND && errorCodeOf(text) === 'NoSuchBucket')
      throw noBucket(this.urlOf(name), 'PUT');
    return answer.status;
  }

  #withoutConditions(): boolean {
    this.uploads.ignoresConditions = true;
    return false;
  }

  async #nothingThere(answer: S3Answer, url: string): Promise<undefined> {
    const text = await answer.text();
    if (isHtml(answer.headers, text)) throw htmlAnswer('GET', url, answer.status);
    if (errorCodeOf(text) === 'NoSuchBucket') throw noBucket(url, 'GET');
    return undefined;
  }
}

function statusIn(content: string): BlobStatus {
  return {
    name: textOf(content, 'Key') ?? '',
    bytes: Number(textOf(content, 'Size') ?? 0),
    etag: textOf(content, 'ETag') ?? '',
    modifiedMs: Date.parse(textOf(content, 'LastModified') ?? '') || 0,
  };
}

function lengthOf({ headers }: S3Answer, url: string, method: string): number {
  const length = headers.get('content-length');
  if (length !== null && /^\d+$/.test(length)) return Number(length);
  throw new StatelogError('IO_FAILED', `${method} ${url}: the answer does not say how long it is`, {
    path: url,
    operation: method,
    hint: 'does a proxy between change what comes through?',
  });
}

async function replacedMeanwhile(answer: S3Answer, url: string): Promise<StatelogError> {
  await answer.text();
  return new StatelogError('IO_FAILED', `GET ${url}: another blob took its place while it was read`, {
    path: url,
    operation: 'GET',
    safe: 'nothing was made of it',
    hint: 'run it again',
  });
}

/** Only what is short enough to come at once can be had of a store without ranges: it is begun anew. */
function noRanges(url: string): StatelogError {
  return new StoreUnavailable(`GET ${url}: the store gives out no part of a blob`, {
    path: url,
    operation: 'GET',
    hint: 'run it again',
  });
}

function noBucket(url: string, method: string): StatelogError {
  return new StatelogError('NOT_FOUND', `${method} ${url}: there is no such bucket`, {
    path: url,
    operation: method,
    hint: 'is the name of the bucket right, and the endpoint? see AWS_ENDPOINT_URL_S3',
  });
}
