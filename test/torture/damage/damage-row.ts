import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { SeededRandom } from '../../simulated-disk/seeded-random.js';
import type { TortureRow } from '../row.js';
import { checkArtifactDamage, damagedArtifacts } from './damaged-artifact.js';
import { damagedLogs } from './damaged-logs.js';
import { checkPairDamage, ownPair } from './damaged-pair.js';
import { checkStoreDamage, newDamagedStore } from './damaged-store.js';
import { checkLogDamage } from './log-damage.js';
import { damage, DAMAGE_OPERATIONS, type DamageOperation } from './operations.js';

/** More of them say nothing new. */
const VIOLATIONS_MAX = 20;
const PAIR_KEYS = 600;
/** Tens of thousands of small files, none of which need outlive the run. */
const MEMORY_DISK = '/dev/shm';

/** Something that damage is done to. */
interface Subject {
  readonly name: string;
  /** Does damage in an empty folder and checks what becomes of it. @throws Error */
  readonly tryOne: (operation: DamageOperation, random: SeededRandom, folder: string) => Promise<unknown>;
}

/** Each operation of damage at random places of each file: what verify says, and what a repair keeps. */
export const damageRow: TortureRow = {
  id: 'damage',
  title: 'damaged places, repaired',
  figures: { part: 102, usual: 6_000, long: 1_000_000 },
  shardsMax: 2,
  run: async (task) => {
    const root = mkdtempSync(
      path.join(existsSync(MEMORY_DISK) ? MEMORY_DISK : tmpdir(), 'statelog-torture-'),
    );
    try {
      const subjects = await subjectsIn(root);
      for (; task.isUnfinished; task.count += 1) {
        const subject = subjects[task.count % subjects.length]!;
        const operation =
          DAMAGE_OPERATIONS[Math.floor(task.count / subjects.length) % DAMAGE_OPERATIONS.length]!;
        const folder = path.join(root, 'case');
        mkdirSync(folder);
        try {
          await subject.tryOne(operation, task.random, folder);
        } catch (error) {
          if (task.violations.length < VIOLATIONS_MAX)
            task.report(`${subject.name}, ${operation}, case ${task.count} of shard ${task.shard}`, error);
        }
        rmSync(folder, { recursive: true, force: true });
      }
    } finally {
      rmSync(root, { recursive: true, force: true });
    }
  },
};

async function subjectsIn(root: string): Promise<Subject[]> {
  const store = await newDamagedStore(path.join(root, 'store'));
  const pair = ownPair(PAIR_KEYS);
  const artifacts = await damagedArtifacts(root);
  return [
    ...damagedLogs().map((log): Subject => ({
      name: log.name,
      tryOne: async (operation, random, folder) => {
        const damaged = damage(log.bytes, log.pieces, operation, random);
        await checkLogDamage(log, operation, damaged, folder);
      },
    })),
    ...(['values', 'index'] as const).map((file): Subject => ({
      name: `the ${file} of a pair`,
      tryOne: (operation, random, folder) => checkPairDamage(pair, file, operation, random, folder),
    })),
    ...artifacts.map((artifact): Subject => ({
      name: `${path.basename(artifact.path)} ${artifact.file}`,
      tryOne: (operation, random, folder) => checkArtifactDamage(artifact, operation, random, folder),
    })),
    {
      name: 'a state directory',
      tryOne: (operation, random, folder) => checkStoreDamage(store, operation, random, folder),
    },
  ];
}
