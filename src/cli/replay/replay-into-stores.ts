import type { ReplayBase } from '../../engine/inspect/replay/replay-base.js';
import { ReplayInto } from '../../engine/inspect/replay/replay-into.js';
import { realFileSystem } from '../../engine/storage-io/real/real-file-system.js';
import { callEach } from '../../engine/storage-io/whole/close-each.js';
import { removeMade } from '../../engine/store/remove-made.js';
import type { WritableStore } from '../../engine/store/store.js';
import { EXIT_CODES, type ExitCode } from '../errors/exit-codes.js';
import { countedText } from '../text/counted-text.js';
import type { LocatedRecord } from '../output/records/record-parts.js';
import { runReplay, Turns, type Interruption, type ReplayWork } from './replay-run.js';
import type { Terminal } from '../terminal/terminal.js';
import { visibleText } from '../terminal/shown/visible-text.js';

/** Which stores records are applied to. */
export interface IntoOptions {
  /** Locked; closed when the work is over. */
  readonly stores: readonly WritableStore[];
  readonly json: boolean;
  /** The state that the records go on from, and what of it is wanted. */
  readonly base: ReplayBase | undefined;
  readonly prefix: Uint8Array | undefined;
  /** They were made for this: where it fails before anything is in one, that one is removed. */
  readonly areNew: boolean;
}

/**
 * `runReplay` into stores; what each of them got is printed at the end, however that came.
 * @throws StatelogError what `runReplay` and `ReplayInto` throw
 */
export async function runReplayInto(
  terminal: Terminal,
  work: Omit<ReplayWork, 'into'>,
  interruption: Interruption,
  { stores, json, base, prefix, areNew }: IntoOptions,
): Promise<ExitCode> {
  let isToStay = true;
  try {
    const into = new ReplayInto(stores);
    try {
      for (const finding of base?.findings ?? []) work.findings.finding(finding);
      if (base !== undefined) await takeBase(into, base, prefix, interruption);
      const taker = {
        take: (record: LocatedRecord): void => {
          work.taker?.take(record);
          into.take(record.view);
        },
      };
      const exitCode = await runReplay(terminal, { ...work, taker, into }, interruption);
      return base === undefined || base.findings.length === 0 ? exitCode : EXIT_CODES.damage;
    } catch (error) {
      isToStay = !areNew;
      throw error;
    } finally {
      await into.settle();
      writeApplied(terminal, into, base?.epoch, json);
      if (into.commits > 0 && !json) terminal.writeError(`statelog: ${commitsText(into.commits)}\n`);
      await terminal.output.flush();
    }
  } finally {
    callEach([
      ...stores.map((store) => () => {
        store.close();
      }),
      ...(isToStay ? [] : stores).map(({ path }) => () => {
        removeMade(realFileSystem(), path);
      }),
    ]);
  }
}

async function takeBase(
  into: ReplayInto,
  base: ReplayBase,
  prefix: Uint8Array | undefined,
  interruption: Interruption,
): Promise<void> {
  const turns = new Turns();
  for (const entry of base.entries(prefix)) {
    into.takeEntry(entry);
    if (into.isFull) await into.room();
    if (turns.isDue) await turns.take();
    if (interruption.isOver) return;
  }
}

function writeApplied(
  { output }: Terminal,
  into: ReplayInto,
  baseEpoch: bigint | undefined,
  json: boolean,
): void {
  for (const { entries = 0, ...applied } of into.applied) {
    const { path, puts, deletes } = applied;
    if (json) {
      const base = baseEpoch === undefined ? {} : { base: { epoch: String(baseEpoch), keys: entries } };
      output.writeText(`${JSON.stringify({ applied: { ...applied, ...base } })}\n`);
      continue;
    }
    const start =
      baseEpoch === undefined || baseEpoch === 0n
        ? ''
        : `took ${countedText(entries, 'key')} of checkpoint ${baseEpoch}, `;
    output.writeText(
      `${visibleText(path)}: ${start}applied ${countedText(puts, 'put')} and ${countedText(deletes, 'delete')}\n`,
    );
  }
}

/** The records say it of the store that they are of: of another one it would not be true. */
function commitsText(commits: number): string {
  const what = commits === 1 ? '1 commit was' : `${commits} commits were`;
  return `${what} not applied: how far sources were taken, and watermarks, stay with the store that has them ('statelog export' carries them)`;
}
