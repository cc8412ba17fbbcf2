import { StatelogError } from '../../errors.js';
import type { Credentials } from './credentials.js';

/** The names under which a source answers with credentials as JSON. */
export interface FieldNames {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
  readonly expiration: string;
}

/** As a server of metadata answers. */
export const METADATA_FIELDS: FieldNames = {
  accessKeyId: 'AccessKeyId',
  secretAccessKey: 'SecretAccessKey',
  sessionToken: 'Token',
  expiration: 'Expiration',
};

/** As a program does that `credential_process` names. */
export const PROCESS_FIELDS: FieldNames = { ...METADATA_FIELDS, sessionToken: 'SessionToken' };

/**
 * Reads credentials from JSON. Errors say the fields' names, and nothing of what is in them.
 * @param source the source, for messages
 * @throws StatelogError `PERMISSION_DENIED` where it is not what it should be
 */
export function credentialsFromJson(text: string, names: FieldNames, source: string): Credentials {
  const fields = parsed(text);
  const field = (name: string): string | undefined => {
    const value = fields?.[name];
    return typeof value === 'string' && value !== '' ? value : undefined;
  };
  const accessKeyId = field(names.accessKeyId);
  const secretAccessKey = field(names.secretAccessKey);
  if (accessKeyId === undefined || secretAccessKey === undefined)
    throw noCredentials(`${source} gave no ${names.accessKeyId} or no ${names.secretAccessKey}`);
  const expiration = field(names.expiration);
  const expiresMs = expiration === undefined ? NaN : Date.parse(expiration);
  return {
    accessKeyId,
    secretAccessKey,
    sessionToken: field(names.sessionToken),
    expiresMs: Number.isNaN(expiresMs) ? undefined : expiresMs,
  };
}

/** The error where a source of credentials was named, and gives none. */
export function noCredentials(
  message: string,
  hint = 'set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE',
): StatelogError {
  return new StatelogError('PERMISSION_DENIED', message, {
    operation: 'credentials',
    safe: 'nothing was changed',
    hint,
  });
}

function parsed(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
