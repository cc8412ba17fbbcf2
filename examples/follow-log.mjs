// Follows a store's log while it is written: with the command line from another process, and with a subscription from
// the writer's own. A subscriber sees a change once it is on disk, and nothing is dropped.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { StateDirectory } from 'statelog';

const folder = mkdtempSync(path.join(tmpdir(), 'statelog-example-'));
const place = path.join(folder, 'alarms');
const statelog = path.join(
  path.dirname(createRequire(import.meta.url).resolve('statelog/package.json')),
  'bin/run.js',
);

StateDirectory.create(place);
const store = await StateDirectory.open(place);
const subscription = store.subscribe();

const follower = spawn(
  process.execPath,
  [statelog, 'wal-replay', place, '--follow', '--json', '--op', 'put'],
  {
    stdio: ['ignore', 'pipe', 'inherit'],
  },
);
const lines = createInterface({ input: follower.stdout })[Symbol.asyncIterator]();

for (const alarm of ['door', 'smoke', 'flood']) {
  store.put(Buffer.from(alarm), Buffer.from('on'));
  await store.sync();
  const record = JSON.parse((await lines.next()).value);
  console.log(`another process: ${record.op} ${record.key}`);
  const change = await subscription.next();
  console.log(`this process: ${change.op} ${Buffer.from(change.key)}`);
}

follower.kill();
store.close();
rmSync(folder, { recursive: true });

// Prints:
// another process: put door
// this process: put door
// another process: put smoke
// this process: put smoke
// another process: put flood
// this process: put flood
