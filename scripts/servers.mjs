// Fills a folder with the servers that `npm run test:servers` starts, each at its exact version, by `go install`. The first
// time it takes minutes; what is there at its version is left as it is.
//   node scripts/servers.mjs [NAME…]    all of them, or those named
// The folder: STATELOG_SERVERS, or ~/.cache/statelog-servers.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

/** The servers by the names of their programs: the module that each comes in, the package of its program, its version. */
export const SERVERS = {
  'nats-server': {
    module: 'github.com/nats-io/nats-server/v2',
    program: 'github.com/nats-io/nats-server/v2',
    version: 'v2.15.2',
  },
  versitygw: {
    module: 'github.com/versity/versitygw',
    program: 'github.com/versity/versitygw/cmd/versitygw',
    version: 'v1.8.0',
  },
};

/** The folder that the servers lie in. */
export const serversFolder =
  process.env.STATELOG_SERVERS ?? path.join(homedir(), '.cache', 'statelog-servers');

/** The path of a server's program, there or not. */
export const serverPath = (name) => path.join(serversFolder, name);

/** True if the program is there, and of the module's version, as Go wrote it into the program. */
function isInstalled(name) {
  if (!existsSync(serverPath(name))) return false;
  const { stdout } = spawnSync('go', ['version', '-m', serverPath(name)], { encoding: 'utf8' });
  const { module, version } = SERVERS[name];
  return (stdout ?? '').split('\n').some((line) => line.trim().startsWith(`mod\t${module}\t${version}`));
}

function install(name) {
  const { program, version } = SERVERS[name];
  console.error(`${name} ${version}: go install, which takes minutes`);
  const env = { ...process.env, GOBIN: serversFolder };
  const { status, error } = spawnSync('go', ['install', `${program}@${version}`], { env, stdio: 'inherit' });
  if (status === 0) return;
  console.error(`${name}: ${error === undefined ? `go install ended with ${status}` : error.message}`);
  process.exitCode = 1;
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  const names = process.argv.length > 2 ? process.argv.slice(2) : Object.keys(SERVERS);
  const unknown = names.filter((name) => !(name in SERVERS));
  if (unknown.length > 0) {
    console.error(`no such server: ${unknown.join(', ')} (there are ${Object.keys(SERVERS).join(', ')})`);
    process.exit(2);
  }
  mkdirSync(serversFolder, { recursive: true });
  for (const name of names) {
    if (!isInstalled(name)) install(name);
    if (existsSync(serverPath(name))) console.log(serverPath(name));
  }
}
