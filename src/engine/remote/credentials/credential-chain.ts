import { fromUtf8 } from '../../bytes/text/text.js';
import type { FileSystem } from '../../storage-io/interface/file-system.js';
import { readWholeFile } from '../../storage-io/whole/write-fully.js';
import { CachedCredentials, type CredentialProvider, type Credentials } from './credentials.js';
import { noCredentials } from './given-credentials.js';
import { containerCredentials, instanceCredentials } from './metadata.js';
import { processCredentials } from './process-credentials.js';
import type { Environment, Profile } from './profile.js';
import { webIdentityCredentials } from './web-identity.js';

const TOKEN_BYTES_MAX = 64 * 1024;
const SESSION_NAME = 'statelog';

/** The places that credentials are looked for in. */
export interface ChainPlaces {
  readonly environment: Environment;
  readonly fileSystem: FileSystem;
  readonly profile: Profile;
  /** For the service that gives roles. */
  readonly region: string;
}

/**
 * Credentials as AWS's own programs find them: the environment; a token for a role that the environment names; the profile's
 * keys, its `credential_process`, its token for a role; the container's server; the instance's.
 */
export function credentialChain(places: ChainPlaces): CachedCredentials {
  const providers: readonly CredentialProvider[] = [
    () => Promise.resolve(environmentCredentials(places.environment)),
    () => environmentWebIdentity(places),
    () => profileCredentials(places),
    () => containerCredentials(places.environment, (path) => readText(places.fileSystem, path)),
    () => instanceCredentials(places.environment),
  ];
  return new CachedCredentials(async () => {
    for (const provider of providers) {
      const credentials = await provider();
      if (credentials !== undefined) return credentials;
    }
    throw noCredentials(`no credentials were found (profile ${places.profile.name})`);
  });
}

function environmentCredentials(environment: Environment): Credentials | undefined {
  const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey } = environment;
  if (isMissing(accessKeyId) && isMissing(secretAccessKey)) return undefined;
  if (isMissing(accessKeyId))
    throw noCredentials('AWS_SECRET_ACCESS_KEY is set, and AWS_ACCESS_KEY_ID is not');
  if (isMissing(secretAccessKey))
    throw noCredentials('AWS_ACCESS_KEY_ID is set, and AWS_SECRET_ACCESS_KEY is not');
  const sessionToken = environment['AWS_SESSION_TOKEN'];
  return {
    accessKeyId: accessKeyId!,
    secretAccessKey: secretAccessKey!,
    sessionToken: isMissing(sessionToken) ? undefined : sessionToken,
  };
}

function environmentWebIdentity(places: ChainPlaces): Promise<Credentials | undefined> {
  const { environment } = places;
  const session = environment['AWS_ROLE_SESSION_NAME'];
  return webIdentity(
    places,
    environment['AWS_ROLE_ARN'],
    environment['AWS_WEB_IDENTITY_TOKEN_FILE'],
    session,
  );
}

async function profileCredentials(places: ChainPlaces): Promise<Credentials | undefined> {
  const { name, settings } = places.profile;
  const accessKeyId = settings.get('aws_access_key_id');
  const secretAccessKey = settings.get('aws_secret_access_key');
  const isRole = settings.has('role_arn');
  if (!isRole && !isMissing(accessKeyId) && !isMissing(secretAccessKey)) {
    const sessionToken = settings.get('aws_session_token');
    return { accessKeyId: accessKeyId!, secretAccessKey: secretAccessKey!, sessionToken };
  }
  const commandLine = settings.get('credential_process');
  if (!isMissing(commandLine)) return processCredentials(commandLine!);
  const session = settings.get('role_session_name');
  const file = settings.get('web_identity_token_file');
  if (file !== undefined) return webIdentity(places, settings.get('role_arn'), file, session);
  if (isRole || [...settings.keys()].some((key) => key.startsWith('sso_')))
    throw noCredentials(
      `the profile ${name} gets its credentials in a way that is not known here`,
      `give it: credential_process = aws configure export-credentials --profile ${name} --format process`,
    );
  return undefined;
}

async function webIdentity(
  { environment, fileSystem, region }: ChainPlaces,
  roleArn: string | undefined,
  tokenFile: string | undefined,
  sessionName = SESSION_NAME,
): Promise<Credentials | undefined> {
  if (isMissing(roleArn) || isMissing(tokenFile)) return undefined;
  const endpoint =
    environment['AWS_ENDPOINT_URL_STS'] ??
    `https://sts.${region}.${region.startsWith('cn-') ? 'amazonaws.com.cn' : 'amazonaws.com'}/`;
  const token = readText(fileSystem, tokenFile!).trim();
  return webIdentityCredentials({ roleArn: roleArn!, token, sessionName, endpoint });
}

function readText(fileSystem: FileSystem, path: string): string {
  return fromUtf8(readWholeFile(fileSystem, path, TOKEN_BYTES_MAX)) ?? '';
}

function isMissing(value: string | undefined): boolean {
  return value === undefined || value === '';
}
