import { StatelogError } from '../../errors.js';
import type { FileSystem } from '../../storage-io/interface/file-system.js';
import { credentialChain } from '../credentials/credential-chain.js';
import { readProfile, type Environment, type Profile } from '../credentials/profile.js';
import type { S3Settings } from './s3-client.js';

const DEFAULT_REGION = 'us-east-1';

/**
 * How a bucket is reached, from the environment and the profile, as AWS's own programs have it: AWS_ENDPOINT_URL_S3,
 * AWS_ENDPOINT_URL, `endpoint_url` of the profile's services or of the profile; AWS_REGION, AWS_DEFAULT_REGION, `region`.
 * A bucket at another endpoint than AWS's is a part of the path, unless `addressing_style = virtual` stands below `s3 =`.
 * @throws StatelogError `INVALID_ARGUMENT`
 */
export function s3SettingsOf(
  bucket: string,
  fileSystem: FileSystem,
  environment: Environment = process.env,
): S3Settings {
  const profile = readProfile(fileSystem, environment);
  const { settings } = profile;
  const region =
    present(environment['AWS_REGION']) ??
    present(environment['AWS_DEFAULT_REGION']) ??
    present(settings.get('region')) ??
    DEFAULT_REGION;
  const configured = configuredEndpoint(environment, profile);
  const style = settings.get('s3.addressing_style') ?? 'auto';
  // A name with dots is not covered by the certificate for one label.
  const isPathStyle =
    style === 'path' || (style !== 'virtual' && (configured !== undefined || bucket.includes('.')));
  return {
    bucket,
    region,
    isPathStyle,
    endpoint:
      configured ?? `https://s3.${region}.${region.startsWith('cn-') ? 'amazonaws.com.cn' : 'amazonaws.com'}`,
    credentials: credentialChain({ environment, fileSystem, profile, region }),
  };
}

function configuredEndpoint(environment: Environment, { settings, services }: Profile): string | undefined {
  const isIgnored = environment['AWS_IGNORE_CONFIGURED_ENDPOINT_URLS']?.toLowerCase() === 'true';
  if (isIgnored) return undefined;
  const candidates: readonly (readonly [string, string | undefined])[] = [
    ['AWS_ENDPOINT_URL_S3', environment['AWS_ENDPOINT_URL_S3']],
    ['AWS_ENDPOINT_URL', environment['AWS_ENDPOINT_URL']],
    ['endpoint_url of s3 in the services', services.get('s3.endpoint_url')],
    ['endpoint_url of the profile', settings.get('endpoint_url')],
  ];
  const found = candidates.find(([, value]) => present(value) !== undefined);
  return found === undefined ? undefined : checkedEndpoint(found[0], found[1]!);
}

function checkedEndpoint(name: string, text: string): string {
  const url = URL.parse(text);
  const isGood = url !== null && /^https?:$/.test(url.protocol) && url.username === '' && url.search === '';
  if (isGood) return url.href.replace(/\/$/, '');
  throw new StatelogError('INVALID_ARGUMENT', `${name} is not the address of a server`, {
    hint: 'write https://HOST[:PORT], without credentials in it',
  });
}

function present(value: string | undefined): string | undefined {
  return value === '' ? undefined : value;
}
