import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import test from 'ava';
import { commandLine } from '../../support/command-line.js';
import { tempDir } from '../../support/temp-dir.js';

/** Runs a command that must end with the exit code; what it said. */
async function run(
  exitCode: number,
  ...argv: readonly string[]
): Promise<{ stdout: string; stderr: string }> {
  const outcome = await commandLine([...argv]);
  if (outcome.exitCode !== exitCode)
    throw new Error(`${argv.join(' ')}: ${outcome.exitCode}, ${outcome.stderr}`);
  return outcome;
}

for (const kind of ['directory', 'log']) {
  test(`what changed in a ${kind} goes by a file or a pipe onto a store that stands there, and nowhere else`, async (t) => {
    const folder = tempDir(t);
    const nameOf = (name: string): string => path.join(folder, kind === 'log' ? `${name}.snap` : name);
    const [source, copy, piped] = [nameOf('source'), nameOf('copy'), nameOf('piped')];
    const close = async (position: number): Promise<void> => {
      await run(0, 'checkpoint', source, ...(kind === 'log' ? ['--cursor', String(position)] : []));
    };
    await run(0, 'put', source, 'kept', '1');
    await run(0, 'put', source, 'gone', '1');
    await close(1);
    await run(0, 'export', source, path.join(folder, 'full.ndjson'));
    for (const store of [copy, piped]) await run(0, 'import', path.join(folder, 'full.ndjson'), store);
    await run(0, 'delete', source, 'gone');
    await run(0, 'put', source, 'new', '2');
    await close(2);
    const file = path.join(folder, 'changes.ndjson');
    const said = await run(0, 'export', source, file, '--since', '1');
    t.regex(said.stdout, /since 1: 1 put, 1 delete; 2 keys, (epoch|cursor) 2/);
    await run(0, 'verify', file);
    t.regex((await run(8, 'import', file, nameOf('new'))).stderr, /--onto/);
    t.regex((await run(8, 'scan', file)).stderr, /--onto/);
    await run(0, 'import', file, '--onto', copy, '--dry-run');
    await run(1, 'diff', source, copy);
    const applied = JSON.parse((await run(0, 'import', file, '--onto', copy, '--json')).stdout) as Record<
      string,
      unknown
    >;
    t.is(applied['puts'], 1);
    t.is(applied['deletes'], 1);
    await run(0, 'diff', source, copy);
    await run(0, 'verify', copy);
    t.regex(
      (await run(8, 'import', file, '--onto', copy)).stderr,
      /stands at (epoch|cursor) 2.*from (epoch|cursor) 1 to/,
    );
    const packed = gzipSync(readFileSync(file));
    const streamed = await commandLine(['import', '-', '--onto', piped], { input: [packed] });
    t.is(streamed.exitCode, 0, streamed.stderr);
    await run(0, 'diff', source, piped);
    await run(0, 'put', source, 'later', '3');
    await close(3);
    const later = path.join(folder, 'later.ndjson');
    const told = JSON.parse(
      (await run(0, 'export', source, later, '--since', file, '--json')).stdout,
    ) as object;
    t.like(told, { since: '2', puts: 1, deletes: 0, keys: 3, digest: null });
    const sent = await commandLine(['export', source, '-', '--since', file]);
    t.is(sent.stdout, readFileSync(later, 'utf8'));
    await run(0, 'import', later, '--onto', piped);
    await run(0, 'diff', source, piped);
    t.regex(
      (await run(8, 'export', source, `${later}.ndjson`, '--since', path.join(folder, 'full.ndjson'))).stderr,
      /--since EPOCH/,
    );
    writeFileSync(file, readFileSync(file).subarray(0, -20));
    await run(3, 'export', source, `${later}.ndjson`, '--since', file);
    await run(3, 'verify', file);
    await run(3, 'import', file, '--onto', copy);
  });
}

test('an increment is NDJSON alone, and one store is named', async (t) => {
  const folder = tempDir(t);
  const store = path.join(folder, 'store');
  await run(0, 'put', store, 'key', 'value');
  await run(0, 'checkpoint', store);
  await run(2, 'export', store, path.join(folder, 'changes.tar'), '--since', '1');
  await run(2, 'export', store, path.join(folder, 'changes'), '--since', '1');
  await run(2, 'export', store, path.join(folder, 'changes.ndjson'), '--since', 'yesterday');
  await run(6, 'export', store, path.join(folder, 'changes.ndjson'), '--since', '0');
  await run(2, 'import', 'changes.ndjson');
  await run(2, 'import', 'changes.ndjson', 'new', '--onto', store);
  await run(2, 'import', 'changes.ndjson', '--onto', store, '--cores', '2');
  await run(6, 'import', path.join(folder, 'missing.ndjson'), '--onto', store);
  const stream = await commandLine(['export', store, '-', '--since', '1']);
  t.regex(stream.stdout, /^\{"statelog":2,"kind":"increment"\}\n/);
});
