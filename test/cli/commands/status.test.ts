import test from 'ava';
import { existsSync, readFileSync, readdirSync, rmSync, utimesSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { commandLine } from '../../support/command-line.js';
import { tempDir } from '../../support/temp-dir.js';

test('status says how far a replica is behind, by an exit code, as JSON and as a textfile, and when it was verified', async (t) => {
  const folder = tempDir(t);
  const store = path.join(folder, 'orders');
  const bucket = path.join(folder, 'bucket');
  const url = pathToFileURL(path.join(bucket, 'orders')).href;
  const run = async (exitCode: number, ...argv: string[]): Promise<string> => {
    const result = await commandLine(argv);
    t.is(result.exitCode, exitCode, `${argv.join(' ')}: ${result.stderr}`);
    return exitCode > 1 ? result.stderr : result.stdout;
  };
  await run(0, 'put', store, 'a', '1');
  t.regex(await run(6, 'status', store), /nothing says where this is replicated to/);
  t.regex(await run(6, 'status', url), /nothing is kept there/);
  await run(6, 'status', path.join(folder, 'none'));
  await run(2, 'status', '');
  t.regex(await run(6, 'replicate', path.join(folder, 'none'), url), /nothing at this path/);
  t.deepEqual(
    readdirSync(folder).sort(),
    ['bucket', 'orders'].filter((name) => existsSync(path.join(folder, name))),
  );
  await run(0, 'replicate', store, url);
  await run(0, 'put', store, 'b', '2');
  await run(0, 'replicate', store, url, '--verify-every', '1d');
  const good = JSON.parse(await run(0, 'status', store, '--json', '--max-lag', '0s')) as object;
  t.like(good, {
    url,
    position: '0+2',
    storePosition: '0+2',
    lagSeconds: 0,
    increments: 1,
    keys: 2,
    within: true,
  });
  t.like((good as { verified: object }).verified, { position: '0+2' });
  t.regex(await run(0, 'status', url, '--max-lag', '1h'), /^position\t0\+2$/m);
  // The store goes on, and what is kept was confirmed long ago.
  await run(0, 'put', store, 'c', '3');
  const increments = path.join(bucket, 'orders.increments');
  for (const name of readdirSync(increments, { recursive: true }) as string[])
    utimesSync(path.join(increments, name), 1_700_000_000, 1_700_000_000);
  const textfile = path.join(folder, 'replica.prom');
  const behind = JSON.parse(
    await run(1, 'status', store, '--json', '--max-lag', '1h', '--prometheus', textfile),
  ) as { lagSeconds: number };
  t.like(behind, { position: '0+2', storePosition: '0+3', within: false });
  t.true(behind.lagSeconds > 3600);
  const metrics = readFileSync(textfile, 'utf8');
  t.true(metrics.includes(`statelog_replica_within{url="${url}"} 0\n`));
  t.true(metrics.includes(`statelog_replica_confirmed_timestamp_seconds{url="${url}"} 1700000000\n`));
  for (const line of metrics.trimEnd().split('\n'))
    t.regex(line, /^(# (HELP|TYPE) )?statelog_replica_[a-z_]+/);
  await run(8, 'status', store, '--prometheus', path.join(store, 'MANIFEST.json'));
  await run(0, 'replicate', store, url);
  await run(0, 'status', store, '--max-lag', '5m');
  t.like(JSON.parse(await run(0, 'status', url, '--json')), { storePosition: null });
  rmSync(`${store}.replica.json`);
  await run(6, 'status', store);
});
