import { toUtf8 } from '../../engine/bytes/text/text.js';
import { formatTime } from '../../engine/bytes/text/time-text.js';
import { cursorText } from '../../engine/fold/format/position-text.js';
import type { ListedPayload, ListedSnapshot } from '../../engine/remote/publish/list-snapshots.js';
import { formatSize } from '../values/size-text.js';
import { tableText } from '../terminal/shown/table.js';
import type { Terminal } from '../terminal/terminal.js';
import { visibleText } from '../terminal/shown/visible-text.js';
import { writeField } from '../text/field-escapes.js';

const NANOSECONDS_A_MILLISECOND = 1_000_000n;
const HEAD = ['KEY', 'CURSOR', 'CREATED', 'BYTES', 'PAYLOADS', 'INCREMENTS'];
/** Stands for what cannot be told. */
export const NONE = '-';

/** Prints snapshots that were listed: a table on a terminal, a line each else, and an object a line as JSON. */
export async function writeSnapshots(
  terminal: Terminal,
  snapshots: AsyncIterable<ListedSnapshot>,
  json: boolean,
): Promise<void> {
  await writeListed(terminal, snapshots, { json: json ? snapshotJson : undefined, cells, head: HEAD });
}

/** How what is listed is printed. */
export interface ListedShape<T> {
  /** As an object a line; undefined: as text. */
  readonly json: ((one: T) => object) | undefined;
  readonly cells: (one: T, sizeText: (bytes: number) => string) => readonly string[];
  readonly head: readonly string[];
}

/** Prints what was listed: a table on a terminal, a line each else, and an object a line as JSON. */
export async function writeListed<T>(
  terminal: Terminal,
  all: AsyncIterable<T>,
  { json, cells: cellsOf, head }: ListedShape<T>,
): Promise<void> {
  const { output, outputIsTerminal } = terminal;
  const rows: string[][] = [];
  for await (const one of all) {
    if (json !== undefined) output.writeText(`${JSON.stringify(json(one))}\n`);
    else if (outputIsTerminal) rows.push(cellsOf(one, formatSize).map(visibleText));
    else writeCells(terminal, cellsOf(one, String));
    if (output.isFull && !(await output.flush())) return;
  }
  if (rows.length > 0) output.writeText(await tableText([...head], rows, terminal.outputColumns));
  await output.flush();
}

function writeCells({ output }: Terminal, texts: readonly string[]): void {
  for (const [index, text] of texts.entries()) {
    if (index > 0) output.writeText('\t');
    writeField(output, toUtf8(text));
  }
  output.writeText('\n');
}

/** A payload as JSON has it. */
export function payloadJson({ name, rank, bytes, modifiedMs, isCurrent, links }: ListedPayload): object {
  const increments = incrementsIn([{ links }]);
  return { name, rank: String(rank), bytes, modified: timeText(modifiedMs), current: isCurrent, increments };
}

/** How many increments stand on payloads: what only says where a payload stands is none. */
function incrementsIn(payloads: readonly Pick<ListedPayload, 'links'>[]): number {
  return payloads.reduce((sum, { links }) => sum + Math.max(0, links.length - 1), 0);
}

function snapshotJson({ key, url, manifest, fault, payloads }: ListedSnapshot): object {
  return {
    key,
    url,
    backend: manifest?.backend ?? null,
    cursor: manifest === undefined ? null : (cursorText(manifest.cursor.toBytes()) ?? null),
    created: manifest === undefined ? null : timeText(manifest.createdAtUnix * 1000),
    bytes: bytesOfCurrent(payloads) ?? null,
    payloads: payloads.map(payloadJson),
    ...(fault === undefined ? {} : { problem: fault.message }),
  };
}

function cells(
  { key, manifest, fault, payloads }: ListedSnapshot,
  sizeText: (bytes: number) => string,
): string[] {
  const bytes = bytesOfCurrent(payloads);
  return [
    key,
    manifest === undefined ? NONE : (cursorText(manifest.cursor.toBytes()) ?? NONE),
    manifest === undefined ? NONE : timeText(manifest.createdAtUnix * 1000),
    bytes === undefined ? NONE : sizeText(bytes),
    String(payloads.length),
    String(incrementsIn(payloads)),
    ...(fault === undefined ? [] : [fault.message]),
  ];
}

function bytesOfCurrent(payloads: readonly ListedPayload[]): number | undefined {
  return payloads.find(({ isCurrent }) => isCurrent)?.bytes;
}

/** A time to the second, as stores and manifests have it. */
export function timeText(milliseconds: number): string {
  const text = formatTime(BigInt(Math.trunc(milliseconds)) * NANOSECONDS_A_MILLISECOND);
  return text.replace(/\.\d+Z$/, 'Z');
}
