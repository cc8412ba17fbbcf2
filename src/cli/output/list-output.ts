import { toUtf8 } from '../../engine/bytes/text/text.js';
import { formatTime } from '../../engine/bytes/text/time-text.js';
import { cursorText } from '../../engine/fold/format/position-text.js';
import type { ListedPayload, ListedSnapshot } from '../../engine/remote/publish/list-snapshots.js';
import { formatSize } from '../command/size-text.js';
import { tableText } from '../terminal/table.js';
import type { Terminal } from '../terminal/terminal.js';
import { visibleText } from '../terminal/visible-text.js';
import { writeField } from '../text/field-escapes.js';

const NANOSECONDS_A_MILLISECOND = 1_000_000n;
const HEAD = ['KEY', 'CURSOR', 'CREATED', 'BYTES', 'PAYLOADS'];
const NONE = '-';

/** Prints snapshots that were listed: a table on a terminal, a line each else, and an object a line as JSON. */
export async function writeSnapshots(
  terminal: Terminal,
  snapshots: AsyncIterable<ListedSnapshot>,
  json: boolean,
): Promise<void> {
  const { output, outputIsTerminal } = terminal;
  const rows: string[][] = [];
  for await (const snapshot of snapshots) {
    if (json) output.writeText(`${JSON.stringify(snapshotJson(snapshot))}\n`);
    else if (outputIsTerminal) rows.push(cells(snapshot, formatSize).map(visibleText));
    else writeCells(terminal, cells(snapshot, String));
    if (output.isFull && !(await output.flush())) return;
  }
  if (rows.length > 0) output.writeText(await tableText(HEAD, rows, terminal.outputColumns));
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
export function payloadJson({ name, rank, bytes, modifiedMs, isCurrent }: ListedPayload): object {
  return { name, rank: String(rank), bytes, modified: timeText(modifiedMs), current: isCurrent };
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
    ...(fault === undefined ? [] : [fault.message]),
  ];
}

function bytesOfCurrent(payloads: readonly ListedPayload[]): number | undefined {
  return payloads.find(({ isCurrent }) => isCurrent)?.bytes;
}

/** To the second, as stores and manifests have it. */
function timeText(milliseconds: number): string {
  const text = formatTime(BigInt(Math.trunc(milliseconds)) * NANOSECONDS_A_MILLISECOND);
  return text.replace(/\.\d+Z$/, 'Z');
}
