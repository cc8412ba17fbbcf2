import { isStatelogError } from '../../errors.js';
import { fetchAnswer, type FetchRequest } from '../http/fetch-answer.js';
import type { Credentials } from './credentials.js';
import { credentialsFromJson, METADATA_FIELDS, noCredentials } from './given-credentials.js';
import type { Environment } from './profile.js';

const CONTAINER_ADDRESS = 'http://169.254.170.2';
const INSTANCE_ADDRESS = 'http://169.254.169.254';
const INSTANCE_ADDRESS_V6 = 'http://[fd00:ec2::254]';
const ROLE_PATH = '/latest/meta-data/iam/security-credentials/';
const TOKEN_PATH = '/latest/api/token';
const TOKEN_SECONDS = '21600';
/** A host outside of AWS, where nobody answers, must not wait for long. */
const INSTANCE_MS_MAX = 1_000;
const CONTAINER_MS_MAX = 5_000;
/** Addresses that a container may send its token to without TLS: of this host, and those that AWS gives to its agents. */
const LOCAL_HOST = /^(127\.\d+\.\d+\.\d+|localhost|\[::1\]|169\.254\.170\.(2|23)|\[fd00:ec2::23\])$/;

/**
 * Credentials of a container (ECS, EKS), from the address that its environment names; undefined where it names none.
 * @param readText reads the file of a token
 * @throws StatelogError `PERMISSION_DENIED`
 */
export async function containerCredentials(
  environment: Environment,
  readText: (path: string) => string,
): Promise<Credentials | undefined> {
  const relative = environment['AWS_CONTAINER_CREDENTIALS_RELATIVE_URI'];
  const full = environment['AWS_CONTAINER_CREDENTIALS_FULL_URI'];
  if ((relative ?? full) === undefined) return undefined;
  const source = "the container's server of credentials";
  const address = URL.parse(relative === undefined ? full! : `${CONTAINER_ADDRESS}${relative}`);
  if (address === null) throw noCredentials(`${source} has no address that can be read`);
  if (address.protocol !== 'https:' && !LOCAL_HOST.test(address.hostname))
    throw noCredentials(`${source} is neither on this host nor asked by https`);
  const file = environment['AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE'];
  const token = file === undefined ? environment['AWS_CONTAINER_AUTHORIZATION_TOKEN'] : readText(file).trim();
  const headers = token === undefined ? {} : { authorization: token };
  const request = { method: 'GET', headers, silenceMsMax: CONTAINER_MS_MAX };
  const text = await asked(address, request, source);
  if (text === undefined) throw noCredentials(`${source} gave none`);
  return credentialsFromJson(text, METADATA_FIELDS, source);
}

/**
 * Credentials of the role of an EC2 instance, by the second version of its server of metadata: undefined where there is no
 * such server, or AWS_EC2_METADATA_DISABLED forbids to look for one.
 */
export async function instanceCredentials(environment: Environment): Promise<Credentials | undefined> {
  if (environment['AWS_EC2_METADATA_DISABLED']?.toLowerCase() === 'true') return undefined;
  const isV6 = environment['AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE']?.toLowerCase() === 'ipv6';
  const base =
    environment['AWS_EC2_METADATA_SERVICE_ENDPOINT'] ?? (isV6 ? INSTANCE_ADDRESS_V6 : INSTANCE_ADDRESS);
  const source = "the instance's server of metadata";
  const ask = (path: string, method: string, headers: Readonly<Record<string, string>>) => {
    const address = URL.parse(path, base);
    const request = { method, headers, silenceMsMax: INSTANCE_MS_MAX };
    return address === null ? undefined : asked(address, request, source);
  };
  const token = await ask(TOKEN_PATH, 'PUT', { 'x-aws-ec2-metadata-token-ttl-seconds': TOKEN_SECONDS });
  if (token === undefined) return undefined;
  const headers = { 'x-aws-ec2-metadata-token': token };
  const [role] = (await ask(ROLE_PATH, 'GET', headers))?.split('\n') ?? [];
  if (role === undefined || role === '') return undefined;
  const text = await ask(`${ROLE_PATH}${encodeURIComponent(role)}`, 'GET', headers);
  return text === undefined ? undefined : credentialsFromJson(text, METADATA_FIELDS, source);
}

/** The text of an answer; undefined where nobody answers, or not with it. */
async function asked(address: URL, request: FetchRequest, source: string): Promise<string | undefined> {
  try {
    const { status, text } = await fetchAnswer(address, request, source);
    const body = await text();
    return status === 200 ? body : undefined;
  } catch (error) {
    if (isStatelogError(error, 'IO_FAILED')) return undefined;
    throw error;
  }
}
