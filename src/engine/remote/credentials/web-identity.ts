import { fetchAnswer } from '../http/fetch-answer.js';
import { textOf } from '../s3/xml.js';
import type { Credentials } from './credentials.js';
import { noCredentials } from './given-credentials.js';

/** A role that a token of somebody else's (Kubernetes, a CI service) lets one take. */
export interface WebIdentity {
  readonly roleArn: string;
  readonly token: string;
  readonly sessionName: string;
  /** The address of the service that gives the role. */
  readonly endpoint: string;
}

/**
 * Takes a role by a token: AssumeRoleWithWebIdentity of AWS's STS.
 * @throws StatelogError `PERMISSION_DENIED` where it is refused; `IO_FAILED`
 */
export async function webIdentityCredentials({
  roleArn,
  token,
  sessionName,
  endpoint,
}: WebIdentity): Promise<Credentials> {
  const body = new URLSearchParams({
    Action: 'AssumeRoleWithWebIdentity',
    Version: '2011-06-15',
    RoleArn: roleArn,
    RoleSessionName: sessionName,
    WebIdentityToken: token,
  });
  const headers = { 'content-type': 'application/x-www-form-urlencoded' };
  const request = { method: 'POST', headers, body: Buffer.from(body.toString()) };
  const { status, text } = await fetchAnswer(new URL(endpoint), request, `the role ${roleArn}`);
  const xml = await text();
  const [accessKeyId, secretAccessKey] = [textOf(xml, 'AccessKeyId'), textOf(xml, 'SecretAccessKey')];
  if (status !== 200 || accessKeyId === undefined || secretAccessKey === undefined) {
    const code = textOf(xml, 'Code') ?? 'no credentials';
    throw noCredentials(`the role ${roleArn} is not given: ${status} ${code}`, 'is the token still good?');
  }
  const expiresMs = Date.parse(textOf(xml, 'Expiration') ?? '');
  return {
    accessKeyId,
    secretAccessKey,
    sessionToken: textOf(xml, 'SessionToken'),
    expiresMs: Number.isNaN(expiresMs) ? undefined : expiresMs,
  };
}
