import { exec } from 'node:child_process';
import type { Credentials } from './credentials.js';
import { credentialsFromJson, noCredentials, PROCESS_FIELDS } from './given-credentials.js';

const TIMEOUT_MS = 60_000;
const OUTPUT_BYTES_MAX = 1024 * 1024;
const SOURCE = 'the program of credential_process';

/**
 * Asks the program that a profile's `credential_process` names: it prints credentials as JSON. What it says on standard
 * error is not repeated, since it may hold them, too.
 * @param commandLine as the profile has it, for a shell
 * @throws StatelogError `PERMISSION_DENIED`
 */
export async function processCredentials(commandLine: string): Promise<Credentials> {
  const output = await new Promise<string>((resolve, reject) => {
    const options = { timeout: TIMEOUT_MS, maxBuffer: OUTPUT_BYTES_MAX };
    exec(commandLine, options, (error, stdout) => {
      if (error === null) resolve(stdout);
      else reject(noCredentials(`${SOURCE} failed`, 'run it by hand to see why'));
    });
  });
  return credentialsFromJson(output, PROCESS_FIELDS, SOURCE);
}
