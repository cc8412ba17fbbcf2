import type { DamageClass, Finding, Severity } from '../../finding.js';
import { nextSequenceOf } from '../../wal/scan/record-sweep.js';
import type { IndexEvidence, ManifestEvidence, SegmentEvidence, ValuesEvidence } from './evidence.js';
import type { GatheredLog } from './gathered-log.js';
import type { PlacedRun } from './run-order.js';

interface Told {
  readonly severity: Severity;
  readonly class: DamageClass;
  readonly message: string;
}

function runFinding(run: PlacedRun, told: Told): Finding {
  return {
    ...told,
    file: run.file.path,
    offset: run.offset,
    bytes: run.end - run.offset,
    coreId: run.coreId,
    epoch: String(run.epoch),
    sequence: String(run.firstSequence),
  };
}

/** "records 5 to 9 of core 1, epoch 3": what a run holds, for messages. */
function spanOf(run: PlacedRun): string {
  const what =
    run.records === 1
      ? `record ${run.firstSequence}`
      : `records ${run.firstSequence} to ${nextSequenceOf(run) - 1n}`;
  return `${what} of core ${run.coreId}, epoch ${run.epoch}`;
}

/**
 * Findings about a gathered log.
 * @param path where it belongs
 */
export function* gatheringFindings(log: GatheredLog, path: string): Generator<Finding, void> {
  const elsewhere = new Map<SegmentEvidence, PlacedRun[]>();
  for (const run of log.runs) {
    if (run.file.path !== path) elsewhere.set(run.file, [...(elsewhere.get(run.file) ?? []), run]);
  }
  for (const runs of elsewhere.values()) yield foundElsewhere(runs, path);
  const inPlace = log.runs.filter(({ file }) => file === log.home);
  const moved = inPlace.filter((run, index) => index > 0 && run.offset < inPlace[index - 1]!.offset);
  for (const run of moved) yield outOfOrder(run);
  // A copy of a whole file is told of once, where it stands in the place of nothing else.
  for (const run of log.doubles) if (run.file === log.home) yield doubled(run);
  for (const run of log.setApart) yield older(run);
}

function foundElsewhere(runs: readonly PlacedRun[], path: string): Finding {
  const [first, ...rest] = runs;
  const others = rest.length === 0 ? '' : `, and ${rest.length} more such stretches`;
  return runFinding(first!, {
    severity: 'notice',
    class: 'misplaced',
    message: `${spanOf(first!)}${others} lie here; they are read as ${path}`,
  });
}

function outOfOrder(run: PlacedRun): Finding {
  return runFinding(run, {
    severity: 'notice',
    class: 'misplaced',
    message: `${spanOf(run)} lie behind later ones; they are read in the order of their sequences`,
  });
}

function doubled(run: PlacedRun): Finding {
  return runFinding(run, {
    severity: 'notice',
    class: 'misplaced',
    message: `${spanOf(run)} are here once more; they are used once`,
  });
}

function older(run: PlacedRun): Finding {
  return runFinding(run, {
    severity: 'damage',
    class: 'time-backwards',
    message: `${spanOf(run)} are of an older run: later records have their numbers or their place; they are not applied`,
  });
}

/** Records that are no part of what is repaired. */
export function foreignRun(run: PlacedRun, why: string): Finding {
  return runFinding(run, { severity: 'damage', class: 'misplaced', message: `${spanOf(run)}: ${why}` });
}

/** A file of a checkpoint that lies where another belongs. */
export function pairElsewhere(file: IndexEvidence | ValuesEvidence, path: string): Finding {
  const told =
    file.kind === 'index'
      ? `the index of core ${file.block.coreId}, epoch ${file.block.epoch}, lies here; it is read as ${path}`
      : `values that fit its index lie here; they are read as ${path}`;
  return {
    severity: 'notice',
    class: 'misplaced',
    file: file.path,
    offset: 0,
    bytes: 0,
    message: told,
  };
}

/** A file that is named like a segment that nothing else speaks of, and holds no record. */
export function withoutRecords({ path, status }: SegmentEvidence): Finding {
  return {
    severity: 'damage',
    class: 'misplaced',
    file: path,
    offset: 0,
    bytes: status.size,
    message: `${status.size} bytes without one good record, where no log of this store belongs; they are left out`,
  };
}

/** A whole store that lies within the one that is repaired. */
export function anotherStore({ path, status }: ManifestEvidence): Finding {
  return {
    severity: 'notice',
    class: 'misplaced',
    file: path,
    offset: 0,
    bytes: status.size,
    message: 'another store lies in this folder; nothing of it is taken',
  };
}

/** A file of records that are all where they belong, too. */
export function copyOnly({ path, status, runs }: SegmentEvidence): Finding {
  const [first] = runs;
  const whose = first === undefined ? '' : ` of core ${first.coreId}, epoch ${first.epoch}`;
  return {
    severity: 'notice',
    class: 'misplaced',
    file: path,
    offset: 0,
    bytes: status.size,
    message: `a copy of records${whose} that are in their place; it is left out`,
  };
}

/** A segment whose name says another core than its records. */
export function wronglyNamed({ path, status }: SegmentEvidence, nameSays: number, coreId: number): Finding {
  return {
    severity: 'notice',
    class: 'misplaced',
    file: path,
    offset: 0,
    bytes: status.size,
    message: `its name says core ${nameSays}, and its records say core ${coreId}: the records count`,
    coreId,
  };
}

/** A manifest that is of another store than all the checkpoints beside it. */
export function foreignManifest(file: string, why = 'is of another store than the checkpoints'): Finding {
  return {
    severity: 'damage',
    class: 'misplaced',
    file,
    offset: 0,
    bytes: 0,
    message: `the manifest ${why}; it is left out`,
  };
}

/** An index, with its values, that is of another store. */
export function foreignIndex({ path, block, status }: IndexEvidence): Finding {
  return {
    severity: 'damage',
    class: 'index-mismatch',
    file: path,
    offset: 0,
    bytes: status.size,
    message: `the index is of another store, as are its values: core ${block.coreId}, epoch ${block.epoch}; they are left out`,
    coreId: block.coreId,
    epoch: String(block.epoch),
  };
}
