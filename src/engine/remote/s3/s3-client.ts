import { createHash } from 'node:crypto';
import { AwsV4Signer } from 'aws4fetch';
import { StatelogError } from '../../errors.js';
import { StoreUnavailable } from '../blob/store-unavailable.js';
import type { Credentials, CredentialSource } from '../credentials/credentials.js';
import { fetchAnswer } from '../http/fetch-answer.js';
import { errorCodeOf, errorOf, htmlAnswer, isHtml } from './s3-errors.js';
import { rootOf } from './xml.js';

/** The bucket, and how it is reached. */
export interface S3Settings {
  readonly bucket: string;
  /** `https://HOST[:PORT][/PATH]`, without the bucket. */
  readonly endpoint: string;
  readonly region: string;
  /** True: the bucket is the first segment of the path; false: the first label of the host. */
  readonly isPathStyle: boolean;
  readonly credentials: CredentialSource;
}

/** A request to a bucket. */
export interface S3Request {
  readonly method: 'GET' | 'HEAD' | 'PUT' | 'POST' | 'DELETE';
  /** The blob's name; '' for the bucket itself. */
  readonly name: string;
  readonly query?: Readonly<Record<string, string>> | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly body?: Uint8Array | undefined;
  /** States that are answers rather than failures, beside those of success. */
  readonly expected?: readonly number[] | undefined;
}

/** An answer: a success, or a state that was expected. */
export interface S3Answer {
  readonly status: number;
  readonly headers: Headers;
  /** The body as a text; read to its end. */
  text(): Promise<string>;
  /** The body as it comes; throws a `StoreUnavailable` where it ends early or stops. */
  chunks(): AsyncGenerator<Uint8Array, void>;
}

const HAS_NO_BODY = new Set(['PUT', 'DELETE']);

/** Signs requests to one bucket, sends them, and turns answers that are no success into errors. */
export class S3Client {
  readonly settings: S3Settings;
  readonly #nowMs: () => number;
  readonly #keys = new Map<string, ArrayBuffer>();
  #region: string;
  /** How far the store's clock is ahead of this host's. */
  #aheadMs = 0;

  constructor(settings: S3Settings, nowMs: () => number = Date.now) {
    this.settings = settings;
    this.#region = settings.region;
    this.#nowMs = nowMs;
  }

  /** The time by the store's clock, as far as it is known. */
  nowMs(): number {
    return this.#nowMs() + this.#aheadMs;
  }

  urlOf(name: string): string {
    return `s3://${this.settings.bucket}${name === '' ? '' : `/${name}`}`;
  }

  /**
   * Sends a request. What the answer shows to be a wrong guess of ours (the region, the time, credentials that have just
   * expired) is put right, and the request sent once more.
   * @throws StatelogError what the answer means; a `StoreUnavailable` where it may pass by itself
   */
  async send(request: S3Request): Promise<S3Answer> {
    for (let isCorrected = false; ; isCorrected = true) {
      const credentials = await this.settings.credentials.get();
      const answer = await this.#sendOnce(request, credentials);
      const { status, headers } = answer;
      // A blob may be a page; nothing else that S3 answers is.
      if (status < 300 && request.method !== 'GET' && isHtml(headers, ''))
        throw htmlAnswer(request.method, this.urlOf(request.name), status);
      // A state of success may have an error inside, where a success has nothing.
      const inside = status < 300 && HAS_NO_BODY.has(request.method) ? await answer.text() : '';
      const isSuccess = status < 300 && errorCodeOf(inside) === undefined;
      if (isSuccess || request.expected?.includes(status) === true) return answer;
      const text = status < 300 ? inside : await answer.text();
      if (!isCorrected && this.#correct(request, { status, headers, text }, credentials)) continue;
      const url = this.urlOf(request.name);
      throw withoutSecrets(
        errorOf({ method: request.method, url, status: failureOf(status), headers, text }, this.nowMs()),
        credentials,
      );
    }
  }

  /**
   * Sends a request that is answered with XML.
   * @param root the outermost element of a good answer
   * @throws StatelogError as `send`; also where a state of success has an error inside
   */
  async sendForXml(
    request: S3Request,
    root: string,
  ): Promise<{ readonly status: number; readonly xml: string }> {
    const answer = await this.send(request);
    const xml = await answer.text();
    const { status, headers } = answer;
    if (status >= 300 || rootOf(xml) === root) return { status, xml };
    const { method, name } = request;
    const url = this.urlOf(name);
    if (isHtml(headers, xml)) throw htmlAnswer(method, url, status);
    const code = errorCodeOf(xml);
    if (code !== undefined)
      throw errorOf({ method, url, status: failureOf(status), headers, text: xml }, this.nowMs());
    throw new StoreUnavailable(`${method} ${url}: ${status}, and no answer of S3`, {
      path: url,
      operation: method,
    });
  }

  async #sendOnce(request: S3Request, credentials: Credentials): Promise<S3Answer> {
    const { method, name, body } = request;
    const signer = new AwsV4Signer({
      method,
      url: this.#address(request),
      headers: { ...request.headers, 'x-amz-content-sha256': sha256(body) },
      accessKeyId: credentials.accessKeyId,
      secretAccessKey: credentials.secretAccessKey,
      ...(credentials.sessionToken === undefined ? {} : { sessionToken: credentials.sessionToken }),
      service: 's3',
      region: this.#region,
      cache: this.#keys,
      datetime: new Date(this.nowMs()).toISOString().replaceAll(/[:-]|\.\d{3}/g, ''),
    });
    const { url, headers } = await signer.sign();
    return fetchAnswer(url, { method, headers, body }, this.urlOf(name));
  }

  #address({ name, query }: S3Request): string {
    const { endpoint, bucket, isPathStyle } = this.settings;
    const url = new URL(endpoint);
    const base = url.pathname.replace(/\/$/, '');
    const path = name.split('/').map(escaped).join('/');
    if (!isPathStyle) url.hostname = `${bucket}.${url.hostname}`;
    url.pathname = isPathStyle ? `${base}/${bucket}/${path}` : `${base}/${path}`;
    const parameters = Object.entries(query ?? {}).map(([key, value]) => `${key}=${escaped(value)}`);
    return `${url.href}${parameters.length === 0 ? '' : `?${parameters.join('&')}`}`;
  }

  /** True where something was put right, and the request may be good now. */
  #correct(
    { method }: S3Request,
    { status, headers, text }: Pick<S3Answer, 'status' | 'headers'> & { readonly text: string },
    credentials: Credentials,
  ): boolean {
    const code = errorCodeOf(text);
    if (code === 'RequestTimeTooSkewed') {
      const theirsMs = Date.parse(headers.get('date') ?? '');
      if (Number.isNaN(theirsMs)) return false;
      this.#aheadMs = theirsMs - this.#nowMs();
      return true;
    }
    if (code === 'ExpiredToken') return this.settings.credentials.forget(credentials);
    const region = headers.get('x-amz-bucket-region');
    if (region !== null && region !== this.#region && [301, 307, 400, 403].includes(status)) {
      this.#region = region;
      return true;
    }
    // The answer to a HEAD has no room for the reason, which may be that they have expired.
    return method === 'HEAD' && [400, 403].includes(status) && this.settings.credentials.forget(credentials);
  }
}

/** The state of an answer with an error inside: one that was begun as a success, before the server knew, is its own fault. */
function failureOf(status: number): number {
  return status < 300 ? 500 : status;
}

/** A segment of a path or a value, with all escaped that a signature or a server could take for something else. */
function escaped(text: string): string {
  return encodeURIComponent(text).replaceAll(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

function sha256(body: Uint8Array | undefined): string {
  return createHash('sha256')
    .update(body ?? '')
    .digest('hex');
}

/** A server may repeat what it was sent. */
function withoutSecrets(error: StatelogError, { secretAccessKey, sessionToken }: Credentials): StatelogError {
  const secrets = [secretAccessKey, sessionToken].filter((one) => one !== undefined && one !== '');
  if (!secrets.some((secret) => error.message.includes(secret!))) return error;
  let message = error.message;
  for (const secret of secrets) message = message.replaceAll(secret!, '…');
  if (error instanceof StoreUnavailable)
    return new StoreUnavailable(message, { ...error.details, retryAfterMs: error.retryAfterMs });
  return new StatelogError(error.code, message, error.details);
}
