import { appendFileSync, cpSync, lstatSync, mkdirSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { openReadable } from '../../../src/engine/inspect/open.js';
import { verifyPath } from '../../../src/engine/inspect/verify/verify-path.js';
import { isStatelogError } from '../../../src/engine/errors.js';
import { realFileSystem } from '../../../src/engine/storage-io/real/real-file-system.js';
import { commandLine } from '../command-line.js';

/** The kinds of store that a scene can hold. */
export type SceneKind = 'directory' | 'log';

/** The state in which the store of a scene is found. */
export type SceneState = 'absent' | 'whole' | 'torn';

/** A folder that a case starts with: the store, or a place for one, and what the two operations need beside it. */
export interface Scene {
  readonly kind: SceneKind;
  readonly state: SceneState;
  /** The folder that is copied for each case. */
  readonly template: string;
  readonly extension: string;
}

/** Paths in the folder of a case. */
export interface Places {
  readonly folder: string;
  readonly store: string;
  /** An older copy of the store. */
  readonly older: string;
  /** Another store of the kind. */
  readonly other: string;
  /** A store of the other kind. */
  readonly stranger: string;
  readonly artifact: string;
  readonly moved: string;
  readonly result: string;
}

async function statelog(...argv: string[]): Promise<void> {
  const { exitCode, stderr } = await commandLine(argv);
  if (exitCode !== 0) throw new Error(`${argv.join(' ')}: ${stderr}`);
}

/** Makes scenes below a folder, each once. */
export function scenesIn(folder: string): (kind: SceneKind, state: SceneState) => Promise<Scene> {
  const made = new Map<string, Promise<Scene>>();
  return (kind, state) => {
    const name = `${kind}-${state}`;
    const scene = made.get(name) ?? makeScene(folder, kind, state);
    made.set(name, scene);
    return scene;
  };
}

async function makeScene(folder: string, kind: SceneKind, state: SceneState): Promise<Scene> {
  const template = path.join(folder, `${kind}-${state}`);
  mkdirSync(template);
  const extension = kind === 'log' ? '.snap' : '';
  const scene: Scene = { kind, state, template, extension };
  const { store, older, other, stranger, artifact } = placesIn(template, scene);
  await statelog('put', other, 'x', 'other');
  await statelog('put', other, 'y', 'other');
  await statelog('put', stranger, 's', 'stranger');
  await statelog('export', other, artifact);
  if (state === 'absent') return scene;
  for (const key of ['a', 'b', 'c']) await statelog('put', store, key, `${key}1`);
  await statelog('checkpoint', store);
  await statelog('put', store, 'a', 'a2');
  cpSync(store, older, { recursive: true });
  await statelog('put', store, 'd', 'd1');
  await statelog('delete', store, 'b');
  if (state === 'torn')
    appendFileSync(kind === 'log' ? store : path.join(store, 'wal', '2', 'wal-0.log'), 'torn');
  return scene;
}

/** The places of a case's folder. */
export function placesIn(folder: string, { kind, extension }: Scene): Places {
  const at = (name: string): string => path.join(folder, `${name}${extension}`);
  return {
    folder,
    store: at('orders'),
    older: at('older'),
    other: at('other'),
    stranger: path.join(folder, kind === 'log' ? 'stranger' : 'stranger.snap'),
    artifact: path.join(folder, 'artifact.tar'),
    moved: at('moved'),
    result: at('result'),
  };
}

/** Makes the folder of one case. */
export function setScene(folder: string, scene: Scene): Places {
  cpSync(scene.template, folder, { recursive: true, verbatimSymlinks: true });
  return placesIn(folder, scene);
}

/** All that lies in a case's folder, by its name: what a reader finds in it, and what is wrong with it. */
export function lookRound(folder: string): Readonly<Record<string, string>> {
  // A bucket in which nothing lies yet is none.
  const names = readdirSync(folder)
    .sort()
    .filter((name) => name !== 'bucket' || holdsFile(path.join(folder, name)));
  return Object.fromEntries(names.map((name) => [name, look(path.join(folder, name))]));
}

function holdsFile(folder: string): boolean {
  return readdirSync(folder, { recursive: true, withFileTypes: true }).some((entry) => entry.isFile());
}

function look(place: string): string {
  if (lstatSync(place).isSymbolicLink() && realFileSystem().statusFollowing(place) === undefined)
    return 'dangling';
  try {
    const store = openReadable(place);
    try {
      const entries = [...store.entries()].map(
        ({ key, value }) => `${Buffer.from(key).toString()}=${Buffer.from(value).toString()}`,
      );
      return `${store.kind} {${entries.join(' ')}} ${verdict(place)}`;
    } finally {
      store.close();
    }
  } catch (error) {
    if (isStatelogError(error)) return `${error.code} ${error.message}`;
    throw error;
  }
}

function verdict(place: string): string {
  const severities = new Set<string>();
  for (const { severity, class: name } of verifyPath(realFileSystem(), place, { quick: false }))
    if (severity !== 'notice' || name === 'leftover') severities.add(`${severity} ${name}`);
  return [...severities].join(',');
}
