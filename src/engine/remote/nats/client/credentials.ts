import { StatelogError } from '../../../errors.js';
import type { FileSystem } from '../../../storage-io/interface/file-system.js';
import { readWholeFile } from '../../../storage-io/whole/write-fully.js';
import type { BucketAddress } from '../format/bucket-address.js';
import { readContext, type NatsContext } from './nats-context.js';

const FILE_BYTES_MAX = 1024 * 1024;

/** The variables of the environment, by name. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** The servers to connect to, and as whom. Its texts are secrets: none of them is ever part of a message. */
export interface ConnectSettings {
  /** `HOST` or `HOST:PORT`, at least one. */
  readonly servers: readonly string[];
  readonly isEncrypted: boolean;
  readonly user?: string | undefined;
  readonly password?: string | undefined;
  readonly token?: string | undefined;
  /** The content of a credentials file. */
  readonly creds?: Uint8Array | undefined;
  /** An nkey's seed. */
  readonly seed?: Uint8Array | undefined;
  /** PEM texts. */
  readonly ca?: string | undefined;
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
  readonly inboxPrefix?: string | undefined;
}

/**
 * Gathers how to connect, as the tools of NATS do: from the address; then NATS_CREDS, NATS_NKEY, NATS_USER and NATS_PASSWORD or
 * NATS_TOKEN; then a context of `nats`: NATS_CONTEXT, or the selected one where the address names no host. NATS_URL is the host
 * of an address without one; NATS_CA, NATS_CERT and NATS_KEY are files for TLS.
 * @throws StatelogError `INVALID_ARGUMENT` where no host is named; `NOT_FOUND`, `PERMISSION_DENIED` for a file
 */
export function connectSettings(
  address: BucketAddress,
  environment: Environment,
  fileSystem: FileSystem,
): ConnectSettings {
  const isOpen = address.servers.length === 0 && variable(environment, 'NATS_URL') === undefined;
  const context = readContext(environment, fileSystem, isOpen);
  const url = serversOf(variable(environment, 'NATS_URL') ?? context.url);
  const servers = address.servers.length > 0 ? address.servers : url.servers;
  if (servers.length === 0) {
    throw new StatelogError('INVALID_ARGUMENT', 'no host is named', {
      hint: 'give nats://HOST[:PORT]/BUCKET, or set NATS_URL or NATS_CONTEXT',
    });
  }
  const read = (path: string): Uint8Array => readWholeFile(fileSystem, path, FILE_BYTES_MAX);
  const text = (name: string, path: string | undefined): string | undefined => {
    const file = variable(environment, name) ?? path;
    return file === undefined ? undefined : new TextDecoder().decode(read(file));
  };
  return {
    servers,
    isEncrypted: address.isEncrypted || (address.servers.length === 0 && url.isEncrypted),
    ...identityOf(address, environment, context, address.servers.length === 0 ? url : {}, read),
    ca: text('NATS_CA', context.ca),
    cert: text('NATS_CERT', context.cert),
    key: text('NATS_KEY', context.key),
    inboxPrefix: context.inboxPrefix,
  };
}

type Identity = Pick<ConnectSettings, 'user' | 'password' | 'token' | 'creds' | 'seed'>;

/** The first place that names anyone is taken as a whole: two are never mixed. */
function identityOf(
  address: BucketAddress,
  environment: Environment,
  context: NatsContext,
  url: Identity,
  read: (path: string) => Uint8Array,
): Identity {
  const { user, password, token } = address;
  if (user !== undefined || token !== undefined) return { user, password, token };
  const creds = variable(environment, 'NATS_CREDS');
  if (creds !== undefined) return { creds: read(creds) };
  const nkey = variable(environment, 'NATS_NKEY');
  if (nkey !== undefined) return { seed: seedOf(read(nkey)) };
  const name = variable(environment, 'NATS_USER');
  if (name !== undefined) return { user: name, password: environment['NATS_PASSWORD'] };
  const bare = variable(environment, 'NATS_TOKEN');
  if (bare !== undefined) return { token: bare };
  if (url.user !== undefined || url.token !== undefined) return url;
  if (context.creds !== undefined) return { creds: read(context.creds) };
  if (context.nkey !== undefined) return { seed: seedOf(read(context.nkey)) };
  return { user: context.user, password: context.password, token: context.token };
}

/** A seed stands on a line of its own, among comments. */
function seedOf(file: Uint8Array): Uint8Array {
  const lines = new TextDecoder().decode(file).split(/\r?\n/);
  return new TextEncoder().encode(lines.find((line) => /^S[A-Z2-7]{20,}$/.test(line.trim()))?.trim() ?? '');
}

/** Reads the servers of NATS_URL, `nats://a:4222,nats://b`, and whoever it names. */
function serversOf(text: string | undefined): Identity & { servers: string[]; isEncrypted: boolean } {
  const servers: string[] = [];
  let identity: Identity = {};
  let isEncrypted = false;
  for (const part of (text ?? '').split(',').filter((one) => one.trim() !== '')) {
    const [, scheme, credentials, host] = /^(?:([a-z]+):\/\/)?(?:(.*)@)?([^/]+)\/?$/.exec(part.trim()) ?? [];
    if (host !== undefined) servers.push(host);
    isEncrypted ||= scheme === 'tls';
    if (credentials === undefined) continue;
    const [user, password] = credentials.split(':', 2).map(decodeURIComponent);
    identity = password === undefined ? { token: user } : { user, password };
  }
  return { ...identity, servers, isEncrypted };
}

/** A variable that is set to something. */
function variable(environment: Environment, name: string): string | undefined {
  const value = environment[name];
  return value === '' ? undefined : value;
}
