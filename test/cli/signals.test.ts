import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, watch } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test from 'ava';
import { StateDirectory } from '../../src/engine/directory/state-directory.js';
import { commandLine } from '../support/command-line.js';
import { programFile } from '../support/program.js';
import { tempDir } from '../support/temp-dir.js';

/*
 * A signal ends the program while it puts something together: what it was about to make is not there, and nothing of it stays.
 * The program is the real one, bundled as the build does, and what it works on large enough that the signal comes meanwhile.
 */

const folder = mkdtempSync(path.join(tmpdir(), 'statelog-signals-'));
let program = '';
const store = path.join(folder, 'store');
const small = path.join(folder, 'small');
const snapshot = path.join(folder, 'snapshot.tar');
const VALUES = 160;
const VALUE_BYTES = 512 * 1024;

test.before(async () => {
  program = await programFile();
  StateDirectory.create(store);
  const writer = await StateDirectory.open(store);
  for (let number = 0; number < VALUES; number++)
    writer.put(new TextEncoder().encode(`key ${number}`), new Uint8Array(VALUE_BYTES).fill(number));
  await writer.checkpoint();
  writer.close();
  await commandLine(['export', store, snapshot]);
  await commandLine(['put', small, 'key', 'value']);
});
test.after.always(() => {
  rmSync(folder, { recursive: true, force: true });
});

interface Ended {
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
  /** What lies where something was to be made. */
  readonly names: readonly string[];
}

/** Runs a command that makes something in `out`, and sends the signal as soon as it has begun. */
async function interrupted(
  out: string,
  argv: readonly string[],
  signal: NodeJS.Signals,
  input?: string,
): Promise<Ended> {
  mkdirSync(out);
  const begun = new AbortController();
  const seen = once(watch(out, { signal: begun.signal }), 'change');
  const child = spawn(process.execPath, [program, ...argv], {
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  const ended = once(child, 'exit');
  // Held open, as a producer does that has more to say.
  if (input !== undefined) child.stdin.write(input);
  await Promise.race([seen, ended]);
  begun.abort();
  child.kill(signal);
  const [exitCode, endedBy] = (await ended) as [number | null, NodeJS.Signals | null];
  return { exitCode, signal: endedBy, names: readdirSync(out) };
}

const HEADER = '{"statelog":"export","version":1,"kind":"directory"}\n';

for (const [name, argv, input] of [
  ['an export to a folder', (out: string) => ['export', store, path.join(out, 'new')]],
  ['an export to a tar', (out: string) => ['export', store, path.join(out, 'new.tar')]],
  ['an export of lines', (out: string) => ['export', store, path.join(out, 'new'), '--as', 'ndjson']],
  ['an export as a fold', (out: string) => ['export', store, path.join(out, 'new'), '--as', 'append-log']],
  ['an import', (out: string) => ['import', snapshot, path.join(out, 'new')]],
  ['an import of a stream', (out: string) => ['import', '-', path.join(out, 'new')], HEADER],
  ['a repair', (out: string) => ['repair', store, '--into', path.join(out, 'new')]],
] as const) {
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
    test.serial(`${signal} during ${name} leaves nothing`, async (t) => {
      const out = path.join(tempDir(t), 'out');
      const ended = await interrupted(out, argv(out), signal, input);
      t.deepEqual([ended.exitCode, ended.signal], [null, signal]);
      // Whole, where the signal came as the last thing was done.
      t.deepEqual(
        ended.names.filter((one) => one.startsWith('.')),
        [],
      );
    });
  }
}
