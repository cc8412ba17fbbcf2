import { spawnSync } from 'node:child_process';
import { readFileSync, readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import type { Figure } from './figure.js';

/** The originals' figures, nanoseconds each and each the best of five: by number of keys, then by name. */
export type Originals = ReadonlyMap<number, ReadonlyMap<string, readonly number[]>>;

/** The figure whose number of operations is the number of keys that the run was for. */
const KEYS_FROM = 'fold export_to';

interface OriginalLine {
  readonly name: string;
  readonly nsPerOp?: number;
  readonly ops?: number;
}

/** What was printed by one or several runs of the originals' `harness bench`. */
export function parseOriginals(outputs: readonly string[]): Originals {
  const found = new Map<number, Map<string, number[]>>();
  for (const output of outputs) {
    const lines = output
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line) as OriginalLine);
    const keys = lines.find(({ name }) => name === KEYS_FROM)?.ops;
    if (keys === undefined) throw new Error(`an output of harness bench has no line "${KEYS_FROM}"`);
    const named = found.get(keys) ?? new Map<string, number[]>();
    found.set(keys, named);
    for (const { name, nsPerOp } of lines) {
      if (nsPerOp !== undefined) named.set(name, [...(named.get(name) ?? []), nsPerOp]);
    }
  }
  return found;
}

/** Reads every file of a folder as such an output, or the one file that is given. */
export function readOriginals(place: string): string[] {
  if (!statSync(place).isDirectory()) return [readFileSync(place, 'utf8')];
  return readdirSync(place)
    .map((name) => path.join(place, name))
    .filter((file) => statSync(file).isFile())
    .map((file) => readFileSync(file, 'utf8'));
}

/** True for a program that can be run, such as the harness itself, rather than what it printed. */
export function isProgram(place: string): boolean {
  const status = statSync(place);
  return status.isFile() && (status.mode & 0o111) !== 0;
}

/** Runs `harness bench` in an empty folder, and returns what it printed. */
export function runOriginals(harness: string, folder: string, keys: number): string {
  const { status, stdout, stderr } = spawnSync(harness, ['bench', folder, String(keys)], {
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`harness bench ended with ${status}: ${stderr}`);
  return stdout;
}

/** The originals' figures for what was measured of us, as far as there are any. */
export function originalFigures(ours: readonly Figure[], originals: Originals, keysUsual: number): Figure[] {
  return ours.flatMap((figure) => {
    if (figure.side !== 'statelog' || figure.original === undefined) return [];
    const { name, keys = keysUsual } = figure.original;
    const samples = originals.get(keys)?.get(name);
    return samples === undefined ? [] : [{ ...figure, side: 'original' as const, samples }];
  });
}
