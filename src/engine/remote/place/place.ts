import { resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { StatelogError } from '../../errors.js';

/** The place that a URL means: a bucket, or a folder laid out like one. */
export type Place = { readonly kind: 's3'; readonly bucket: string; readonly name: string } | FolderPlace;

/** A name in a folder. */
export interface FolderPlace {
  readonly kind: 'folder';
  /** An absolute path. */
  readonly folder: string;
  /** At most one segment. */
  readonly name: string;
}

const SCHEME = /^([a-zA-Z][a-zA-Z0-9+.-]*):\/\//;
/** As S3 allows them; nothing in them changes where a request goes. */
const BUCKET = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/;
/** Bytes of a key in S3. */
const NAME_BYTES_MAX = 1024;

/**
 * Parses the URL of one snapshot: `s3://BUCKET/PREFIX/KEY` or `file:///DIR/KEY`.
 * @throws StatelogError `INVALID_ARGUMENT`
 */
export function parseSnapshotUrl(url: string): Place {
  const place = parsePlaceUrl(url);
  if (place.name === '') throw invalid(url, 'it names no key', 'add the key: s3://BUCKET/PREFIX/KEY');
  return place;
}

/**
 * Parses the URL of a snapshot, or of all that lie below a prefix; its name is then empty or the prefix, without `/` at
 * its end.
 * @throws StatelogError `INVALID_ARGUMENT`
 */
export function parsePlaceUrl(url: string): Place {
  const scheme = SCHEME.exec(url)?.[1]!.toLowerCase();
  if (scheme === 's3') return parseBucketUrl(url);
  if (scheme === 'file') return parseFolderUrl(url);
  if (scheme === undefined) throw pathForUrl(url);
  const taken = 's3://BUCKET/PREFIX/KEY and file:///DIR/KEY are taken';
  throw invalid(url, `${scheme}:// is not where snapshots are kept`, taken);
}

function pathForUrl(path: string): StatelogError {
  const { href } = pathToFileURL(resolve(path));
  const hint = `a store on disk is read with scan, stat and verify; snapshots lie at s3://BUCKET/PREFIX/KEY or file:///DIR/KEY, which for this path is ${href}`;
  return invalid(path, 'it is a path, and not the URL of snapshots', hint);
}

function parseBucketUrl(url: string): Place {
  const [bucket = '', ...segments] = url.slice('s3://'.length).split('/');
  if (bucket.includes('@') || bucket.includes(':'))
    throw invalid(
      's3://…',
      'it has more than a bucket before the first /',
      'credentials come from the environment or a profile, the endpoint from AWS_ENDPOINT_URL_S3',
    );
  if (!BUCKET.test(bucket)) throw invalid(url, `${JSON.stringify(bucket)} is no name of a bucket`);
  return { kind: 's3', bucket, name: checkedName(url, segments) };
}

function parseFolderUrl(url: string): Place {
  let path: string;
  try {
    path = fileURLToPath(url);
  } catch {
    throw invalid(url, 'it is not the URL of an absolute path on this host', 'write file:///DIR/KEY');
  }
  const segments = path.split('/').slice(1);
  const name = checkedName(url, segments).split('/').at(-1)!;
  if (name === '') throw invalid(url, 'it names no folder', 'write file:///DIR/KEY');
  const folder = `/${segments.slice(0, segments.lastIndexOf(name)).join('/')}`;
  return { kind: 'folder', folder, name };
}

/** A name is what is between the slashes: what a server or a disk would read otherwise is refused. */
function checkedName(url: string, segments: string[]): string {
  if (segments.at(-1) === '') segments.pop();
  if (segments.some((segment) => segment === '' || segment === '.' || segment === '..'))
    throw invalid(url, 'a part between two / is empty, . or ..');
  const name = segments.join('/');
  if (/\p{Cc}|[\\#?]/u.test(name)) throw invalid(url, 'a key has no control characters and none of \\ # ?');
  if (Buffer.byteLength(name) > NAME_BYTES_MAX) throw invalid(url, 'the key is too long');
  return name;
}

function invalid(url: string, reason: string, hint?: string): StatelogError {
  return new StatelogError('INVALID_ARGUMENT', `${url}: ${reason}`, { hint });
}
