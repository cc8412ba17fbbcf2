import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { root } from '../run-step.mjs';

/** What tests read of the project. */
const COPIED = [
  'src',
  'test',
  'scripts',
  'bin',
  'docs',
  'package.json',
  'package-lock.json',
  'tsconfig.json',
];

/** A copy of the sources, in which one sabotage at a time is committed. Packages are linked, caches are its own. */
export class Workspace {
  #folder = mkdtempSync(path.join(tmpdir(), 'statelog-mutants-'));
  /** The copy's folder. */
  root = path.join(this.#folder, 'main');

  constructor() {
    for (const name of COPIED) cpSync(path.join(root, name), path.join(this.root, name), { recursive: true });
    const packages = path.join(this.root, 'node_modules');
    mkdirSync(packages);
    for (const name of readdirSync(path.join(root, 'node_modules'))) {
      if (name !== '.cache') symlinkSync(path.join(root, 'node_modules', name), path.join(packages, name));
    }
  }

  /**
   * Commits a sabotage; the function that is returned takes it back.
   * @throws Error where the text is not there, or not just once: the list is then no longer true
   */
  sabotage(mutant) {
    const target = path.join(this.root, mutant.file);
    const original = readFileSync(target, 'utf8');
    writeFileSync(target, sabotaged(mutant, original));
    return () => writeFileSync(target, original);
  }

  remove() {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

/**
 * The text of a sabotaged file.
 * @throws Error where what is replaced is not there, or not just once: the list is then no longer true
 */
export function sabotaged({ name, file, edits, from, to }, original) {
  let text = original;
  for (const edit of edits ?? [{ from, to }]) {
    const found = text.split(edit.from).length - 1;
    if (found !== 1)
      throw new Error(`${name}: its text stands ${found} times in ${file}, not once: ${edit.from.trim()}`);
    text = text.replace(edit.from, () => edit.to);
  }
  return text;
}
