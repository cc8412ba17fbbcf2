import { spawnSync } from 'node:child_process';
import { closeSync, copyFileSync, openSync, rmSync, writeSync } from 'node:fs';
import { buildDirectoryStore } from '../../src/engine/transfer/build-store.js';
import { realFileSystem } from '../../src/engine/storage-io/real/real-file-system.js';
import { CoreWalWriter } from '../../src/engine/wal/write/writer.js';
import type { BenchTask } from '../frame/task.js';

const VALUE = new Uint8Array(4096).fill(0x42);
const DAMAGED_EVERY_BYTES = 4 * 1024 * 1024;
const SYNC_EVERY_RECORDS = 1024;
const MEGABYTES_A_CORE_MAX = 4000;
const KIBIBYTES_A_MEBIBYTE = 1024;
/** Wrong usage: there is no such command. */
const UNKNOWN_COMMAND = 2;

/**
 * Says at its end how much memory a process took at most, on a descriptor of its own. What the kernel says of a
 * child would start at what its parent took.
 */
const SAY_PEAK = `import { readFileSync, writeSync } from 'node:fs';
process.on('exit', () => writeSync(3, /VmHWM:\\s*(\\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))[1]));`;

/** The most memory that commands take for large inputs, over what an empty call takes. */
export async function measureMemory(task: BenchTask): Promise<void> {
  if (process.platform !== 'linux') {
    task.notes.push('memory is read from /proc, which only Linux has: not measured');
    return;
  }
  const megabytes = task.scale.memoryMegabytes;
  const base = peakOf(task, ['--version']).mebibytes;
  const measure = async (
    id: string,
    title: string,
    command: readonly string[],
    expected: readonly (number | null)[] = [0],
  ): Promise<boolean> => {
    const { mebibytes, status, message } = peakOf(task, command);
    if (expected.includes(status)) {
      const definition = { id: `memory-${id}`, title: `memory over start: ${title}`, unit: 'MiB' as const };
      await task.measure(definition, () => mebibytes - base, 1);
      return true;
    }
    const what = status === UNKNOWN_COMMAND ? 'there is no such command' : `it ended with ${status}`;
    task.notes.push(`memory of ${id} was not measured: ${what}: ${message}`);
    return false;
  };
  const input = `${megabytes.toLocaleString('en')} MB`;
  const segment = makeSegment(task, megabytes);
  await measure('replay', `wal-replay --stats, ${input} of log`, ['wal-replay', segment, '--stats']);
  await measure('verify', `verify, ${input} of log`, ['verify', segment]);
  const damaged = damagedCopy(task, segment, megabytes);
  const mended = task.fresh('mended', 'wal-0.log');
  await measure('repair', `repair --into, ${input} of log`, ['repair', damaged, '--into', mended], [0, 3]);
  for (const done of [segment, damaged, mended]) rmSync(done, { recursive: true, force: true });
  const store = makeStore(task, megabytes);
  await measure('verify-state', `verify, ${input} in a state directory`, ['verify', store]);
  const tar = task.fresh('tar', 'store.tar');
  await measure('export', `export to a tar, ${input}`, ['export', store, tar]);
  rmSync(store, { recursive: true, force: true });
  await measure('import', `import from a tar, ${input}`, ['import', tar, task.fresh('imported', 'store')]);
}

interface Peak {
  readonly mebibytes: number;
  readonly status: number | null;
  /** The first line that it wrote to standard error. */
  readonly message: string;
}

function peakOf(task: BenchTask, command: readonly string[]): Peak {
  const hook = `data:text/javascript,${encodeURIComponent(SAY_PEAK)}`;
  const { status, output } = spawnSync(process.execPath, ['--import', hook, task.program, ...command], {
    stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
  });
  const [message = ''] = output[2]!.toString().split('\n');
  return { mebibytes: Number(output[3]!.toString()) / KIBIBYTES_A_MEBIBYTE, status, message };
}

function makeSegment(task: BenchTask, megabytes: number): string {
  const path = task.fresh('log', 'wal-0.log');
  const writer = CoreWalWriter.create(0, path);
  for (const key of manyKeys(megabytes)) {
    writer.appendPut(key, VALUE);
    // What no later record proves to have been synced would be a torn tail, not damage.
    if (writer.entriesSinceSync === SYNC_EVERY_RECORDS) writer.sync();
  }
  writer.close();
  return path;
}

/** A copy with a byte changed in each few megabytes. */
function damagedCopy(task: BenchTask, segment: string, megabytes: number): string {
  const path = task.fresh('damaged', 'wal-0.log');
  copyFileSync(segment, path);
  const descriptor = openSync(path, 'r+');
  for (let at = DAMAGED_EVERY_BYTES / 4; at < (megabytes * 1e6) / 2; at += DAMAGED_EVERY_BYTES) {
    writeSync(descriptor, Uint8Array.of(0xff), 0, 1, at);
  }
  closeSync(descriptor);
  return path;
}

function makeStore(task: BenchTask, megabytes: number): string {
  const root = task.fresh('large', 'store');
  // The values of one core are at most 4 GiB.
  const cores = megabytes < MEGABYTES_A_CORE_MAX ? 1 : 2;
  buildDirectoryStore(realFileSystem(), root, {
    cores,
    forEachEntry(visit) {
      for (const key of manyKeys(megabytes)) visit(key, VALUE);
    },
  });
  return root;
}

/** In order, for so many megabytes of values. */
function* manyKeys(megabytes: number): Generator<Uint8Array, void> {
  const count = Math.ceil((megabytes * 1e6) / VALUE.length);
  for (let index = 0; index < count; index++) yield Buffer.from(`user:${String(index).padStart(9, '0')}`);
}
