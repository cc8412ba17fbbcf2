import { mendCommand } from '../../../engine/bytes/text/command-hints.js';
import type { Comparison, RescueEvent, RescueSummary } from '../../../engine/repair/rescue.js';
import type { Evidence, SegmentEvidence } from '../../../engine/repair/survey/evidence.js';
import { nextSequenceOf } from '../../../engine/wal/scan/record-sweep.js';
import { formatSize } from '../../values/size-text.js';
import { visibleText } from '../../terminal/shown/visible-text.js';
import { countedText } from '../../text/counted-text.js';
import { lostTotalText } from '../../text/lost-text.js';
import { repairEventLine, repairNextLine, repairSummaryLine, type RepairLineForm } from './repair-output.js';

/** The parts of the page, in order. */
const HEADS = {
  evidence: 'What is there',
  finding: 'What is wrong',
  made: 'What was made',
  next: 'What to run next',
} as const;

/** Writes a rescue as one page, or as lines of JSON. */
export class RescuePage {
  readonly #form: RepairLineForm;
  #head: keyof typeof HEADS | undefined;
  /** Comes below what was made of it. */
  readonly #comparisons: Comparison[] = [];

  constructor(form: RepairLineForm) {
    this.#form = form;
  }

  /** One event; an empty text where nothing is to be written yet. */
  event(event: Exclude<RescueEvent, { readonly progress: unknown }>): string {
    if ('comparison' in event) {
      this.#comparisons.push(event.comparison);
      return this.#form.json ? `${JSON.stringify(event)}\n` : '';
    }
    if ('evidence' in event) {
      if (this.#form.json) return `${JSON.stringify({ evidence: evidenceFields(event.evidence) })}\n`;
      return this.#under('evidence', evidenceText(event.evidence));
    }
    return this.#under('finding', repairEventLine(event, this.#form));
  }

  /** The end of the page. */
  end(path: string, { isSound, repair }: RescueSummary): string {
    const next = repairNextLine(repair);
    if (this.#form.json) {
      const summary = { isSound, ...repair, ...(next === undefined ? {} : { next }) };
      return `${JSON.stringify({ summary })}\n`;
    }
    if (isSound)
      return this.#under('finding', visibleText(`nothing: ${path} is sound, and nothing was made`));
    const made = [repairSummaryLine(repair, false), ...this.#comparisons.map(comparisonText)];
    const lost = lostTotalText(repair.lost.byCore);
    const wrong = lost === undefined ? '' : this.#under('finding', lost);
    const lines = made.map((line) => this.#under('made', line));
    const steps = rescueNextLines(path, repair).map((step) => this.#under('next', step));
    return [wrong, ...lines, ...steps].join('');
  }

  #under(head: keyof typeof HEADS, line: string): string {
    if (this.#form.json || this.#head === head) return `${line}\n`;
    const before = this.#head === undefined ? '' : '\n';
    this.#head = head;
    return `${before}${HEADS[head]}\n\n${line}\n`;
  }
}

function evidenceFields(evidence: Evidence): Record<string, unknown> {
  const { kind, path, status } = evidence;
  const fields = { kind, path, bytes: status.size };
  switch (evidence.kind) {
    case 'segment':
      return { ...fields, runs: evidence.runs.map(runFields), goodBytes: goodBytesOf(evidence) };
    case 'index': {
      const { epoch, coreId, generation, storeId } = evidence.block;
      const id = Buffer.from(storeId).toString('hex');
      return { ...fields, storeId: id, epoch: String(epoch), coreId, generation: String(generation) };
    }
    case 'values':
      return { ...fields, generation: String(evidence.generation) };
    case 'manifest': {
      const { storeId, cores, checkpoints } = evidence.manifest;
      const epochs = checkpoints.map(({ epoch }) => String(epoch));
      return { ...fields, storeId: Buffer.from(storeId).toString('hex'), cores, checkpoints: epochs };
    }
  }
}

function runFields(run: SegmentEvidence['runs'][number]): Record<string, unknown> {
  const { coreId, epoch, firstSequence, records, offset, end, firstTimestampNs, lastTimestampNs } = run;
  return {
    coreId,
    epoch: String(epoch),
    firstSequence: String(firstSequence),
    records,
    offset,
    bytes: end - offset,
    firstTimestampNs: String(firstTimestampNs),
    lastTimestampNs: String(lastTimestampNs),
  };
}

function goodBytesOf({ runs }: SegmentEvidence): number {
  return runs.reduce((sum, { offset, end }) => sum + end - offset, 0);
}

/** A file's evidence, as a line for people. */
export function evidenceText(evidence: Evidence): string {
  return visibleText(`${evidence.path}: ${formatSize(evidence.status.size)}, ${saysText(evidence)}`);
}

/** The content of a file's evidence, in a clause. */
function saysText(evidence: Evidence): string {
  switch (evidence.kind) {
    case 'segment':
      return segmentText(evidence);
    case 'index': {
      const { epoch, coreId } = evidence.block;
      return epoch === 0n ? 'the index of a state file' : `the index of checkpoint ${epoch}, core ${coreId}`;
    }
    case 'values': {
      const { generation } = evidence;
      // An index without a block has there what it holds of values, behind four zeros.
      if (generation > 0xffff_ffffn) return 'the index of a state file, which does not say whose it is';
      return generation === 0n ? 'a state file' : `a state file of generation ${generation}`;
    }
    case 'manifest': {
      const { cores, checkpoints } = evidence.manifest;
      const epochs = checkpoints.map(({ epoch }) => epoch).join(' and ');
      return `the manifest of a store of ${countedText(cores, 'core')}, ${epochs === '' ? 'without a checkpoint' : `with checkpoint ${epochs}`}`;
    }
  }
}

function segmentText(evidence: SegmentEvidence): string {
  const { runs, status } = evidence;
  const [first] = runs;
  const last = runs.at(-1);
  if (first === undefined || last === undefined) return 'a segment without one good record';
  const records = runs.reduce((sum, run) => sum + run.records, 0);
  const cores = [...new Set(runs.map(({ coreId }) => coreId))].join(' and ');
  const epochs =
    first.epoch === last.epoch ? `epoch ${first.epoch}` : `epochs ${first.epoch} to ${last.epoch}`;
  const bad = status.size - goodBytesOf(evidence);
  const rest = bad === 0 ? '' : `; ${formatSize(bad)} hold none`;
  const lastSequence = nextSequenceOf(last) - 1n;
  const span =
    first.firstSequence === lastSequence
      ? `sequence ${lastSequence}`
      : `sequences ${first.firstSequence} to ${lastSequence}`;
  const [from, to] = [timeText(first.firstTimestampNs), timeText(last.lastTimestampNs)];
  const times = from === to ? from : `${from} to ${to}`;
  return `${countedText(records, 'good record')} of core ${cores}, ${epochs}, ${span}, ${times}${rest}`;
}

function timeText(ns: bigint): string {
  return new Date(Number(ns / 1_000_000n)).toISOString();
}

/** How what was rescued differs from something that was there before, as a line for people. */
export function comparisonText({ with: other, at, counts, error }: Comparison): string {
  if (counts === undefined) return visibleText(`beside ${other}: that cannot be read (${error ?? ''})`);
  const { removed, added, changed, same } = counts;
  return visibleText(
    `beside ${other}${at === undefined ? '' : ` as its checkpoint ${at} has it, since its log cannot be read to its end`}: ${countedText(same, 'key')} the same, ${changed} with another value, ${added} only in the new, ${removed} only in the old`,
  );
}

/** The next steps after a rescue that made something, a sentence each. */
export function rescueNextLines(path: string, repair: RescueSummary['repair']): string[] {
  const next = repairNextLine(repair);
  return [...(next === undefined ? [] : [next]), ...mendingText(path, repair)];
}

/** The command that may bring back records that were lost to a few wrong bytes. */
function mendingText(path: string, { isWhole, lost }: RescueSummary['repair']): string[] {
  if (isWhole || lost.bytes === 0) return [];
  return [
    `if a bit, a byte or line ends were all that changed, ${mendCommand(path)} brings more back, and says which`,
  ];
}
