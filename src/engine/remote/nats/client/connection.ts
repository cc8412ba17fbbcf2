import {
  connect,
  credsAuthenticator,
  nkeyAuthenticator,
  type Authenticator,
  type ConnectionOptions,
  type NatsConnection,
} from '@nats-io/transport-node';
import { StatelogError } from '../../../errors.js';
import { connectFailure } from './client-errors.js';
import type { ConnectSettings } from './credentials.js';

const CONNECT_MS = 5_000;
const RECONNECT_MS = 500;
const RECONNECT_JITTER_MS = 500;
/** A peer that is gone without a word is known after two of these. */
const PING_MS = 10_000;

/**
 * Connects; once connected it reconnects without end. The first connection fails at once.
 * @throws StatelogError `IO_FAILED`, `PERMISSION_DENIED`, in one line
 */
export async function connectTo(name: string, settings: ConnectSettings): Promise<NatsConnection> {
  try {
    return await connect(optionsOf(settings));
  } catch (error) {
    throw connectFailure(name, error);
  }
}

function optionsOf(settings: ConnectSettings): ConnectionOptions {
  const { servers, user, password, token, ca, cert, key, isEncrypted, inboxPrefix } = settings;
  const authenticator = authenticatorOf(settings);
  const tls =
    ca !== undefined || cert !== undefined || key !== undefined || isEncrypted
      ? { ca, cert, key }
      : undefined;
  return withoutUndefined({
    servers: [...servers],
    name: 'statelog',
    timeout: CONNECT_MS,
    maxReconnectAttempts: -1,
    reconnectTimeWait: RECONNECT_MS,
    reconnectJitter: RECONNECT_JITTER_MS,
    pingInterval: PING_MS,
    noAsyncTraces: true,
    inboxPrefix,
    authenticator,
    ...(authenticator === undefined ? { user, pass: password, token } : {}),
    tls: tls === undefined ? undefined : withoutUndefined(tls),
  });
}

function authenticatorOf({ creds, seed }: ConnectSettings): Authenticator | undefined {
  try {
    if (creds !== undefined) return checked(credsAuthenticator(creds));
    if (seed !== undefined) return checked(nkeyAuthenticator(seed));
    return undefined;
  } catch {
    throw new StatelogError('PERMISSION_DENIED', 'the credentials file cannot be read as one', {
      operation: 'connect',
      hint: 'NATS_CREDS names a .creds file, NATS_NKEY the file of an nkey seed',
    });
  }
}

/** Tries an authenticator, so that a fault of its file is known before a server is asked. */
function checked(authenticator: Authenticator): Authenticator {
  authenticator('');
  return authenticator;
}

/** The client takes a field that is there for a setting, whatever its value. */
function withoutUndefined<T extends object>(fields: T): { [Name in keyof T]: Exclude<T[Name], undefined> } {
  const entries = Object.entries(fields).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as { [Name in keyof T]: Exclude<T[Name], undefined> };
}
