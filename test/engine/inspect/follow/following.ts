import { DirectoryLayout } from '../../../../src/engine/directory/manifest/layout.js';
import { readManifest } from '../../../../src/engine/directory/manifest/manifest-file.js';
import { newestCheckpoint } from '../../../../src/engine/directory/manifest/manifest.js';
import { StateDirectory } from '../../../../src/engine/directory/state-directory.js';
import type { Finding } from '../../../../src/engine/finding.js';
import { Follow } from '../../../../src/engine/inspect/follow/follow.js';
import {
  SimulatedCrash,
  SimulatedDisk,
  SimulatedFileSystem,
  type FaultPlan,
} from '../../../simulated-disk/index.js';
import { emptyStoreDisk, STORE } from '../../../torture/crash/directory-book.js';

/** A follower, and what it was told: the sequences of each core in the order in which they came. */
export class Follower {
  readonly told: number[][];
  readonly findings: Finding[] = [];
  readonly #follow: Follow;
  readonly #fileSystem: SimulatedFileSystem;

  constructor(disk: SimulatedDisk, cores: number, path = STORE) {
    this.#fileSystem = new SimulatedFileSystem({ disk });
    this.#follow = Follow.open(this.#fileSystem, path);
    this.told = Array.from({ length: cores }, () => []);
  }

  /** Takes what is there. */
  look(): void {
    for (let event = this.#follow.next(); event !== 'waiting'; event = this.#follow.next()) {
      if (event === 'finding') this.findings.push(this.#follow.finding!);
      else this.told[this.#follow.segment.view.coreId]!.push(Number(this.#follow.segment.view.sequence));
    }
  }

  /** Opens what is new, and reads nothing. */
  hold(): void {
    this.#follow.hold();
  }

  close(): void {
    this.#follow.close();
    if (this.openPaths.length > 0) throw new Error(`it left open: ${this.openPaths.join(', ')}`);
  }

  /** The files that it has open. */
  get openPaths(): string[] {
    return this.#fileSystem.openPaths;
  }

  /** What is wrong with what was told; undefined where each record came once, in order, up to the last. */
  complaint(nextSequences: readonly bigint[]): string | undefined {
    const [finding] = this.findings;
    if (finding !== undefined)
      return `${finding.class} in ${finding.file} at ${finding.offset}: ${finding.message}`;
    for (const [core, sequences] of this.told.entries()) {
      const strange = sequences.findIndex((sequence, index) => sequence !== index);
      if (strange >= 0) return `core ${core}: ${sequences[strange]} came as number ${strange}`;
      const expected = Number(nextSequences[core]);
      if (sequences.length !== expected) return `core ${core}: ${sequences.length} of ${expected} records`;
    }
    return undefined;
  }
}

const bytes = (text: string): Uint8Array => new Uint8Array(Buffer.from(text));

/** A disk with a store that keeps so many checkpoints. */
export function newDisk(cores: number): SimulatedDisk {
  return emptyStoreDisk(new SimulatedDisk({ pageBytes: 512 }), cores);
}

/** One writer's life: groups of changes, each on disk, and a checkpoint after each. */
export async function write(
  disk: SimulatedDisk,
  life: { readonly name: string; readonly rounds: number; readonly keep: number; readonly plan?: FaultPlan },
): Promise<'died' | 'closed'> {
  const fileSystem = new SimulatedFileSystem({
    disk,
    ...(life.plan === undefined ? {} : { plan: life.plan }),
  });
  try {
    const store = await StateDirectory.open(STORE, { fileSystem });
    for (let round = 0; round < life.rounds; round++) {
      for (let group = 0; group < 2; group++) {
        for (let key = 0; key < 3; key++) {
          store.put(bytes(`${life.name}-${round}-${group}-${key}`), bytes('v'.repeat(300 * key)));
        }
        await store.sync();
      }
      store.delete(bytes(`${life.name}-${round}-0-0`));
      await store.checkpoint({ keep: life.keep });
    }
    store.put(bytes(`${life.name}-last`), bytes('value'));
    await store.sync();
    store.close();
    return 'closed';
  } catch (error) {
    if (error instanceof SimulatedCrash) return 'died';
    throw error;
  }
}

/** The sequence that each core's next record gets: of the newest checkpoint, and of what follows it. */
export function nextSequences(disk: SimulatedDisk, cores: number): bigint[] {
  const manifest = readManifest(new SimulatedFileSystem({ disk }), new DirectoryLayout(STORE));
  const all = new Follower(disk, cores);
  all.look();
  all.close();
  const checkpoint = newestCheckpoint(manifest)?.cores;
  return all.told.map((sequences, core) => {
    const last = sequences.at(-1);
    return last === undefined ? (checkpoint?.[core]?.nextSequence ?? 0n) : BigInt(last + 1);
  });
}
