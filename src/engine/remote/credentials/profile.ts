import { homedir } from 'node:os';
import { join } from 'node:path';
import { fromUtf8 } from '../../bytes/text/text.js';
import { StatelogError } from '../../errors.js';
import type { FileSystem } from '../../storage-io/interface/file-system.js';
import { readWholeFile } from '../../storage-io/whole/write-fully.js';
import { parseProfileFile, type Settings } from './profile-file.js';

const FILE_BYTES_MAX = 1024 * 1024;
const DEFAULT_PROFILE = 'default';

/** The environment's variables. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** A profile of AWS's command line, put together from both of its files. */
export interface Profile {
  readonly name: string;
  /** Those of the credentials file before those of the config file. */
  readonly settings: Settings;
  /** The settings of the section of services that it names. */
  readonly services: Settings;
}

/**
 * Reads the profile that AWS_PROFILE names, or else `default`; one without settings where there is none.
 * @throws StatelogError `INVALID_ARGUMENT` where AWS_PROFILE names one that is not there; what reading throws
 */
export function readProfile(fileSystem: FileSystem, environment: Environment): Profile {
  const configPath = environment['AWS_CONFIG_FILE'] ?? inHome(environment, 'config');
  const credentialsPath = environment['AWS_SHARED_CREDENTIALS_FILE'] ?? inHome(environment, 'credentials');
  const config = sectionsOf(fileSystem, configPath);
  const credentials = sectionsOf(fileSystem, credentialsPath);
  const asked = environment['AWS_PROFILE'] ?? environment['AWS_DEFAULT_PROFILE'];
  const name = asked ?? DEFAULT_PROFILE;
  const inConfig = config.get(`profile ${name}`) ?? (name === DEFAULT_PROFILE ? config.get(name) : undefined);
  const inCredentials = credentials.get(name);
  if (asked !== undefined && inConfig === undefined && inCredentials === undefined)
    throw new StatelogError('INVALID_ARGUMENT', `there is no profile ${asked}`, {
      path: configPath,
      hint: 'AWS_PROFILE names it: correct that, or unset it',
    });
  const settings = new Map([...(inConfig ?? []), ...(inCredentials ?? [])]);
  const services = config.get(`services ${settings.get('services') ?? ''}`) ?? new Map<string, string>();
  return { name, settings, services };
}

function inHome(environment: Environment, name: string): string {
  return join(environment['HOME'] ?? homedir(), '.aws', name);
}

function sectionsOf(fileSystem: FileSystem, path: string): ReadonlyMap<string, Settings> {
  if (fileSystem.statusFollowing(path) === undefined) return new Map();
  return parseProfileFile(fromUtf8(readWholeFile(fileSystem, path, FILE_BYTES_MAX)) ?? '');
}
