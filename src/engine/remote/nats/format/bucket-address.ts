import { StatelogError } from '../../../errors.js';

const SCHEMES: readonly string[] = ['nats', 'tls'];
const ADDRESS = /^([a-z]+):\/\/(?:([^@/]*)@)?([^@/]*)\/([^/]*)\/?$/;
const BUCKET_NAME = /^[a-zA-Z0-9_-]+$/;
const HOST = /^(\[[0-9a-fA-F:.]+\]|[^\s:[\]]+)(:\d{1,5})?$/;

/** The place of a key-value bucket. */
export interface BucketAddress {
  /** `HOST` or `HOST:PORT`, one or several of a cluster; none where the environment says which. */
  readonly servers: readonly string[];
  readonly bucket: string;
  /** True where the scheme asks for TLS. */
  readonly isEncrypted: boolean;
  /** A user and a password, or a token alone, that stood in the text. */
  readonly user?: string | undefined;
  readonly password?: string | undefined;
  readonly token?: string | undefined;
  /** The address without credentials: the only form that may be shown. */
  readonly shown: string;
}

/** True for a text that means a bucket, right or wrong, and no path. */
export function isBucketAddress(text: string): boolean {
  return SCHEMES.some((scheme) => text.startsWith(`${scheme}://`));
}

/**
 * Reads `nats://[USER:PASSWORD@]HOST[:PORT][,HOST…]/BUCKET`; without a HOST (`nats:///BUCKET`) the environment says where.
 * @throws StatelogError `INVALID_ARGUMENT`, which never shows the text, since a password may be in it
 */
export function parseBucketAddress(text: string): BucketAddress {
  const [, scheme = '', credentials, hosts = '', bucket = ''] = ADDRESS.exec(text) ?? [];
  if (!SCHEMES.includes(scheme)) throw invalidAddress('this is no address of a bucket');
  if (!BUCKET_NAME.test(bucket))
    throw invalidAddress('the name of a bucket has letters, digits, _ and - alone');
  const servers = hosts === '' ? [] : hosts.split(',');
  if (!servers.every((server) => HOST.test(server))) throw invalidAddress('its host cannot be read');
  return {
    servers,
    bucket,
    isEncrypted: scheme === 'tls',
    ...credentialsOf(credentials),
    shown: `${scheme}://${hosts}/${bucket}`,
  };
}

function credentialsOf(text: string | undefined): Pick<BucketAddress, 'user' | 'password' | 'token'> {
  if (text === undefined || text === '') return {};
  const colon = text.indexOf(':');
  try {
    if (colon === -1) return { token: decodeURIComponent(text) };
    return {
      user: decodeURIComponent(text.slice(0, colon)),
      password: decodeURIComponent(text.slice(colon + 1)),
    };
  } catch {
    throw invalidAddress('the credentials in it are not percent-encoded as they must be');
  }
}

function invalidAddress(reason: string): StatelogError {
  return new StatelogError('INVALID_ARGUMENT', reason, {
    hint: 'an address is nats://HOST[:PORT]/BUCKET, or nats:///BUCKET with NATS_URL or a context of nats',
  });
}
