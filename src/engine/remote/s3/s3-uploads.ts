import type {
  BlobUploads,
  Part,
  PartReceipt,
  PartSums,
  PendingUpload,
  UploadOutcome,
} from '../blob/blob-store.js';
import { compositeCrc, compositeEtag, crcText } from '../blob/part-sums.js';
import type { S3Client, S3Request } from './s3-client.js';
import { elements, encoded, textOf } from './xml.js';

const NOT_FOUND = 404;
const CONFLICT = 409;
const CONDITION_FAILED = 412;

/** Uploads in parts, as S3 has them, each part and the whole under a CRC-32. */
export class S3Uploads implements BlobUploads {
  /** True for a store that knows no puts under a condition. */
  ignoresConditions = false;
  readonly #client: S3Client;

  constructor(client: S3Client) {
    this.#client = client;
  }

  async start(name: string): Promise<PendingUpload> {
    const headers = { 'x-amz-checksum-algorithm': 'CRC32' };
    const request: S3Request = { method: 'POST', name, query: { uploads: '' }, headers };
    const { xml } = await this.#client.sendForXml(request, 'InitiateMultipartUploadResult');
    return { name, id: textOf(xml, 'UploadId') ?? '', startedMs: this.#client.nowMs() };
  }

  async *pending(prefix: string): AsyncGenerator<PendingUpload, void> {
    let markers: Record<string, string> | undefined = {};
    while (markers !== undefined) {
      const query = { uploads: '', prefix, ...markers };
      const request: S3Request = { method: 'GET', name: '', query };
      const { xml } = await this.#client.sendForXml(request, 'ListMultipartUploadsResult');
      for (const upload of elements(xml, 'Upload')) {
        yield {
          name: textOf(upload, 'Key') ?? '',
          id: textOf(upload, 'UploadId') ?? '',
          startedMs: Date.parse(textOf(upload, 'Initiated') ?? '') || 0,
        };
      }
      markers = nextMarkers(xml, { 'key-marker': 'NextKeyMarker', 'upload-id-marker': 'NextUploadIdMarker' });
    }
  }

  async partsThere({ name, id }: PendingUpload): Promise<ReadonlyMap<number, PartReceipt> | undefined> {
    const there = new Map<number, PartReceipt>();
    let markers: Record<string, string> | undefined = {};
    while (markers !== undefined) {
      const query = { uploadId: id, ...markers };
      const request: S3Request = { method: 'GET', name, query, expected: [NOT_FOUND] };
      const { status, xml } = await this.#client.sendForXml(request, 'ListPartsResult');
      if (status === NOT_FOUND) return undefined;
      for (const part of elements(xml, 'Part')) {
        const number = Number(textOf(part, 'PartNumber'));
        const etag = textOf(part, 'ETag') ?? '';
        there.set(number, { number, etag: bare(etag), crc32: textOf(part, 'ChecksumCRC32') });
      }
      markers = nextMarkers(xml, { 'part-number-marker': 'NextPartNumberMarker' });
    }
    return there;
  }

  async putPart({ name, id }: PendingUpload, part: Part): Promise<PartReceipt | undefined> {
    const { number, bytes: body, sums } = part;
    const query = { partNumber: String(number), uploadId: id };
    const headers = { 'x-amz-checksum-crc32': crcText(sums.crc32) };
    const answer = await this.#client.send({
      method: 'PUT',
      name,
      query,
      headers,
      body,
      expected: [NOT_FOUND],
    });
    await answer.text();
    if (answer.status === NOT_FOUND) return undefined;
    const crc32 = answer.headers.get('x-amz-checksum-crc32') ?? undefined;
    return { number, etag: bare(answer.headers.get('etag') ?? ''), crc32 };
  }

  async complete({ name, id }: PendingUpload, parts: readonly PartReceipt[]): Promise<UploadOutcome> {
    const lines = parts.map(({ number, etag, crc32 }) => {
      const sum = crc32 === undefined ? '' : `<ChecksumCRC32>${encoded(crc32)}</ChecksumCRC32>`;
      return `<Part><PartNumber>${number}</PartNumber><ETag>${encoded(`"${etag}"`)}</ETag>${sum}</Part>`;
    });
    const request: S3Request = {
      method: 'POST',
      name,
      query: { uploadId: id },
      headers: this.ignoresConditions ? {} : { 'if-none-match': '*' },
      body: Buffer.from(`<CompleteMultipartUpload>${lines.join('')}</CompleteMultipartUpload>`),
      expected: [NOT_FOUND, CONFLICT, CONDITION_FAILED],
    };
    const { status } = await this.#client.sendForXml(request, 'CompleteMultipartUploadResult');
    if (status === CONDITION_FAILED) return 'taken';
    return status === NOT_FOUND || status === CONFLICT ? 'gone' : 'done';
  }

  async abort({ name, id }: PendingUpload): Promise<void> {
    const query = { uploadId: id };
    const answer = await this.#client.send({ method: 'DELETE', name, query, expected: [NOT_FOUND] });
    await answer.text();
  }

  async vouchesFor(name: string, parts: readonly PartSums[]): Promise<boolean> {
    const headers = { 'x-amz-checksum-mode': 'ENABLED' };
    const { headers: told } = await this.#client.send({ method: 'HEAD', name, headers });
    const bytes = parts.reduce((sum, { length }) => sum + length, 0);
    if (told.get('content-length') !== String(bytes)) return false;
    const crc = told.get('x-amz-checksum-crc32');
    const etag = bare(told.get('etag') ?? '');
    const [first, ...others] = parts;
    if (first !== undefined && others.length === 0 && (crc === crcText(first.crc32) || etag === first.md5))
      return true;
    return crc === compositeCrc(parts) || etag === compositeEtag(parts);
  }
}

/** The markers to ask for the next page with; undefined where this was the last. */
function nextMarkers(
  xml: string,
  names: Readonly<Record<string, string>>,
): Record<string, string> | undefined {
  if (textOf(xml, 'IsTruncated') !== 'true') return undefined;
  return Object.fromEntries(
    Object.entries(names).map(([name, element]) => [name, textOf(xml, element) ?? '']),
  );
}

/** An ETag without its quotes. */
function bare(etag: string): string {
  return etag.replaceAll('"', '');
}
