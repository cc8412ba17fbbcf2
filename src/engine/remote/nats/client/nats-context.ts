import { join } from 'node:path';
import { StatelogError, isStatelogError } from '../../../errors.js';
import type { FileSystem } from '../../../storage-io/interface/file-system.js';
import { readWholeFile } from '../../../storage-io/whole/write-fully.js';

const FILE_BYTES_MAX = 64 * 1024;
const CONTEXT_NAME = /^[\w.-]+$/;

/** A context as `nats context` keeps it: the fields that are used here. */
export interface NatsContext {
  readonly url?: string | undefined;
  readonly user?: string | undefined;
  readonly password?: string | undefined;
  readonly token?: string | undefined;
  /** Paths. */
  readonly creds?: string | undefined;
  readonly nkey?: string | undefined;
  readonly ca?: string | undefined;
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
  readonly inboxPrefix?: string | undefined;
}

/**
 * The context that NATS_CONTEXT names, or the one that `nats context select` chose where that may be used; else an empty one.
 * @throws StatelogError `NOT_FOUND` for one that is named and is not there; `INVALID_ARGUMENT` for one that cannot be read
 */
export function readContext(
  environment: Readonly<Record<string, string | undefined>>,
  fileSystem: FileSystem,
  maySelect: boolean,
): NatsContext {
  const { HOME: home = '', XDG_CONFIG_HOME: config = '' } = environment;
  const folder = join(config === '' ? join(home, '.config') : config, 'nats');
  const named = environment['NATS_CONTEXT'] ?? '';
  const name =
    named !== '' || !maySelect ? named : (textAt(fileSystem, join(folder, 'context.txt')) ?? '').trim();
  if (name === '') return {};
  if (!CONTEXT_NAME.test(name)) throw unreadable(join(folder, 'context'));
  const path = join(folder, 'context', `${name}.json`);
  const text = textAt(fileSystem, path);
  if (text === undefined) {
    throw new StatelogError('NOT_FOUND', `there is no context ${name} of nats`, {
      path,
      hint: "'nats context ls' lists those there are; NATS_CONTEXT names one",
    });
  }
  return contextOf(path, text, home);
}

function contextOf(path: string, text: string, home: string): NatsContext {
  let fields: Record<string, unknown>;
  try {
    fields = Object(JSON.parse(text)) as Record<string, unknown>;
  } catch {
    throw unreadable(path);
  }
  const field = (name: string): string | undefined => {
    const value = fields[name];
    return typeof value === 'string' && value !== '' ? value : undefined;
  };
  const file = (name: string): string | undefined => field(name)?.replace(/^~(?=\/)/, home);
  return {
    url: field('url'),
    user: field('user'),
    password: field('password'),
    token: field('token'),
    creds: file('creds'),
    nkey: file('nkey'),
    ca: file('ca'),
    cert: file('cert'),
    key: file('key'),
    inboxPrefix: field('inbox_prefix'),
  };
}

function textAt(fileSystem: FileSystem, path: string): string | undefined {
  try {
    return new TextDecoder().decode(readWholeFile(fileSystem, path, FILE_BYTES_MAX));
  } catch (error) {
    if (isStatelogError(error, 'NOT_FOUND')) return undefined;
    throw error;
  }
}

/** Nothing of such a file is shown: it may hold a password. */
function unreadable(path: string): StatelogError {
  return new StatelogError('INVALID_ARGUMENT', 'this context of nats cannot be read', { path });
}
