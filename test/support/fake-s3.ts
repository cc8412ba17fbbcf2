import type { ExecutionContext } from 'ava';
import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { crc32 } from 'node:zlib';

/** A request as the server sees it. */
export interface FakeRequest {
  readonly method: string;
  /** The blob's name; '' for the bucket itself. */
  readonly name: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
}

/** Answers a request in the server's place: true if it did. */
export type Interference = (request: FakeRequest, response: ServerResponse) => boolean;

/** A bucket behind HTTP on 127.0.0.1, as S3 has it, whose answers a test can bend. */
export interface FakeS3 {
  readonly endpoint: string;
  readonly blobs: Map<string, Buffer>;
  readonly requests: FakeRequest[];
  /** Called with each request before it is answered. */
  interfere: Interference;
}

const BUCKET = '/bucket';

/** Starts one, which ends with its test. */
export async function startFakeS3(t: ExecutionContext): Promise<FakeS3> {
  const blobs = new Map<string, Buffer>();
  const requests: FakeRequest[] = [];
  const uploads = new Map<string, { readonly name: string; readonly parts: Map<number, Buffer> }>();
  const fake = { endpoint: '', blobs, requests, interfere: (() => false) as Interference };
  const server = createServer((incoming, response) => {
    const pieces: Buffer[] = [];
    incoming.on('data', (piece: Buffer) => pieces.push(piece));
    incoming.on('end', () => {
      const url = new URL(incoming.url!, 'http://host');
      const name = decodeURIComponent(url.pathname.slice(BUCKET.length + 1));
      const { method = '', headers } = incoming;
      const request = { method, name, query: url.searchParams, headers, body: Buffer.concat(pieces) };
      requests.push(request);
      if (fake.interfere(request, response)) return;
      if (request.query.has('uploads') || request.query.has('uploadId'))
        answerUpload(request, response, blobs, uploads);
      else answerBlob(request, response, blobs);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  fake.endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return fake;
}

/** The body of an error of S3. */
export function errorXml(code: string, message = 'it is so'): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>${message}</Message></Error>`;
}

/** Ends an answer with an error of S3. */
export function refuse(response: ServerResponse, status: number, code: string): true {
  response.writeHead(status, { 'content-type': 'application/xml' }).end(errorXml(code));
  return true;
}

function etagOf(bytes: Buffer): string {
  return `"${createHash('md5').update(bytes).digest('hex')}"`;
}

function crcOf(bytes: Buffer): string {
  const sum = Buffer.alloc(4);
  sum.writeUInt32BE(crc32(bytes));
  return sum.toString('base64');
}

function isConditionGood({ headers }: FakeRequest, there: Buffer | undefined): boolean {
  if (headers['if-none-match'] === '*') return there === undefined;
  const wanted = headers['if-match'];
  return wanted === undefined || (there !== undefined && wanted === etagOf(there));
}

function answerBlob(request: FakeRequest, response: ServerResponse, blobs: Map<string, Buffer>): void {
  const { method, name, headers, body, query } = request;
  const there = blobs.get(name);
  if (name === '') {
    const names = [...blobs.keys()].filter((one) => one.startsWith(query.get('prefix') ?? '')).sort();
    const contents = names.map((one) => {
      const bytes = blobs.get(one)!;
      const etag = etagOf(bytes).replaceAll('"', '&#34;');
      return `<Contents><Key>${one.replaceAll('&', '&amp;')}</Key><LastModified>${new Date().toISOString()}</LastModified><ETag>${etag}</ETag><Size>${bytes.length}</Size></Contents>`;
    });
    response.end(`<ListBucketResult><IsTruncated>false</IsTruncated>${contents.join('')}</ListBucketResult>`);
  } else if (!isConditionGood(request, there)) refuse(response, 412, 'PreconditionFailed');
  else if (method === 'PUT') {
    const sum = headers['x-amz-checksum-crc32'];
    if (sum !== undefined && sum !== crcOf(body)) refuse(response, 400, 'BadDigest');
    else {
      blobs.set(name, body);
      response.writeHead(200, { etag: etagOf(body) }).end();
    }
  } else if (method === 'DELETE') {
    blobs.delete(name);
    response.writeHead(204).end();
  } else if (there === undefined) refuse(response, 404, 'NoSuchKey');
  else {
    const start = Number(/^bytes=(\d+)-$/.exec(headers.range ?? '')?.[1] ?? 0);
    const rest = there.subarray(start);
    const told = {
      etag: etagOf(there),
      'content-length': rest.length,
      'last-modified': new Date().toUTCString(),
    };
    response
      .writeHead(headers.range === undefined ? 200 : 206, told)
      .end(method === 'HEAD' ? undefined : rest);
  }
}

function answerUpload(
  request: FakeRequest,
  response: ServerResponse,
  blobs: Map<string, Buffer>,
  uploads: Map<string, { readonly name: string; readonly parts: Map<number, Buffer> }>,
): void {
  const { method, name, query, body } = request;
  if (query.has('uploads') && method === 'POST') {
    const id = `upload-${uploads.size + 1}`;
    uploads.set(id, { name, parts: new Map() });
    response.end(`<InitiateMultipartUploadResult><UploadId>${id}</UploadId></InitiateMultipartUploadResult>`);
    return;
  }
  if (query.has('uploads')) {
    const pending = [...uploads].map(
      ([id, upload]) =>
        `<Upload><Key>${upload.name}</Key><UploadId>${id}</UploadId><Initiated>${new Date().toISOString()}</Initiated></Upload>`,
    );
    response.end(`<ListMultipartUploadsResult>${pending.join('')}</ListMultipartUploadsResult>`);
    return;
  }
  const id = query.get('uploadId')!;
  const upload = uploads.get(id);
  if (upload === undefined) refuse(response, 404, 'NoSuchUpload');
  else if (method === 'PUT') {
    upload.parts.set(Number(query.get('partNumber')), body);
    response.writeHead(200, { etag: etagOf(body), 'x-amz-checksum-crc32': crcOf(body) }).end();
  } else if (method === 'GET') {
    const parts = [...upload.parts].map(
      ([number, bytes]) =>
        `<Part><PartNumber>${number}</PartNumber><ETag>${etagOf(bytes).replaceAll('"', '&quot;')}</ETag></Part>`,
    );
    response.end(`<ListPartsResult>${parts.join('')}</ListPartsResult>`);
  } else if (method === 'DELETE') {
    uploads.delete(id);
    response.writeHead(204).end();
  } else if (!isConditionGood(request, blobs.get(name))) refuse(response, 412, 'PreconditionFailed');
  else {
    const numbers = [...body.toString().matchAll(/<PartNumber>(\d+)</g)].map(([, number]) => Number(number));
    blobs.set(name, Buffer.concat(numbers.map((number) => upload.parts.get(number)!)));
    uploads.delete(id);
    response.end('<CompleteMultipartUploadResult></CompleteMultipartUploadResult>');
  }
}
