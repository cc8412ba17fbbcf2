import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** The kernel counts processor time in hundredths of a second. */
const MILLISECONDS_A_TICK = 10;
/** Fields of /proc/self/stat behind the name, counted from 0: the time of children that ended, in user and kernel mode. */
const CHILDREN_USER = 13;
const CHILDREN_SYSTEM = 14;
const OUTPUT_BYTES_MAX = 4 * 1024 * 1024 * 1024;

/**
 * Runs a program to its end, and tells what processor time it took, as Linux counts it.
 * @throws Error where it ends with anything but 0
 */
export function processorTimeOf(
  program: string,
  programArguments: readonly string[],
  input?: string,
): { readonly spentMs: number; readonly stdout: Buffer } {
  const before = childrenMs();
  const options = { maxBuffer: OUTPUT_BYTES_MAX, input };
  const { status, stdout, stderr } = spawnSync(program, programArguments, options);
  if (status === 0) return { spentMs: childrenMs() - before, stdout };
  throw new Error(`${programArguments.join(' ')} ended with ${status}: ${stderr.toString()}`);
}

function childrenMs(): number {
  const stat = readFileSync('/proc/self/stat', 'latin1');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[CHILDREN_USER]) + Number(fields[CHILDREN_SYSTEM])) * MILLISECONDS_A_TICK;
}
