import { checksumHex, crc32c } from '../../bytes/crc/checksum.js';
import { dirname } from 'node:path';
import * as v from 'valibot';
import { verifyHint } from '../../bytes/text/command-hints.js';
import { schemaIssueText } from '../../bytes/text/schema-issue.js';
import { toUtf8 } from '../../bytes/text/text.js';
import { StatelogError } from '../../errors.js';

/** The layout of state directories that this version writes. */
export const MANIFEST_FORMAT = 1;
/** A manifest is small; one past this is not ours, whatever it claims. */
export const MANIFEST_BYTES_MAX = 16 * 1024 * 1024;
/** The most cores of a store. A record's u16 would hold more ids, but each core keeps files of its own open. */
export const CORES_MAX = 1024;
/** How many checkpoints stay unless told otherwise. */
export const KEEP_DEFAULT = 2;
const U64_MAX = 0xffff_ffff_ffff_ffffn;
const I64_MAX = 0x7fff_ffff_ffff_ffffn;
const U32_MAX = 0xffff_ffff;

/** The part of a checkpoint's entry that describes one core. */
export interface CoreCheckpoint {
  /** The sequence that the core's next record gets. */
  readonly nextSequence: bigint;
  /** No later record has an earlier timestamp. */
  readonly lastTimestampNs: bigint;
  /** Value bytes of the state file that this checkpoint owns. */
  readonly writePos: number;
  /** crc32c of the index file's header and the block before its sums, which holds the checksum of all of it. */
  readonly indexCrc: number;
}

/** One checkpoint: everything up to and with its epoch. */
export interface CheckpointEntry {
  readonly epoch: bigint;
  /** How many lines of each named source had been taken. */
  readonly sources: ReadonlyMap<string, bigint>;
  readonly watermark: bigint | undefined;
  /** One for each core, by its id. */
  readonly cores: readonly CoreCheckpoint[];
}

/** A state directory's `MANIFEST.json`. Checkpoints stand in order of epoch, the newest last. */
export interface DirectoryManifest {
  readonly storeId: Uint8Array;
  readonly cores: number;
  readonly keep: number;
  readonly checkpoints: readonly CheckpointEntry[];
}

/** An integer as a decimal string, so that no digit is lost. */
const decimal = (max: bigint) =>
  v.pipe(
    v.string(),
    v.regex(/^-?(0|[1-9][0-9]{0,19})$/),
    v.transform((text) => BigInt(text)),
    v.check((value) => value >= -I64_MAX - 1n && value <= max),
  );
/** A u64 as a decimal string. */
export const unsigned = v.pipe(decimal(U64_MAX), v.minValue(0n));
const count = (max: number) => v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(max));

/** Read by hand, since a source may well be named `constructor`, which valibot's records leave out. */
export const sourcesSchema = v.pipe(
  v.custom<Record<string, unknown>>(
    (input) =>
      typeof input === 'object' &&
      input !== null &&
      !Array.isArray(input) &&
      Object.values(input).every((lines) => v.is(unsigned, lines)),
    'expected lines taken by source',
  ),
  v.transform(
    (input) => new Map(Object.entries(input).map(([name, lines]) => [name, BigInt(String(lines))])),
  ),
);

/** An i64 as a decimal string. */
export const signed = decimal(I64_MAX);

const checkpointSchema = v.strictObject({
  epoch: unsigned,
  sources: sourcesSchema,
  watermark: v.nullable(decimal(I64_MAX)),
  cores: v.array(
    v.strictObject({
      nextSequence: unsigned,
      lastTimestampNs: decimal(I64_MAX),
      writePos: count(U32_MAX + 1),
      indexCrc: count(U32_MAX),
    }),
  ),
});

const manifestSchema = v.strictObject({
  format: v.literal(MANIFEST_FORMAT),
  storeId: v.pipe(v.string(), v.regex(/^[0-9a-f]{32}$/)),
  cores: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(CORES_MAX)),
  keep: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(U32_MAX)),
  checkpoints: v.array(checkpointSchema),
  crc32c: v.pipe(v.string(), v.regex(/^[0-9a-f]{8}$/)),
});

/** Lines taken by source, as JSON: sorted by name, decimal strings. */
export function sourcesToJson(sources: ReadonlyMap<string, bigint>): Record<string, string> {
  const sorted = [...sources].sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(sorted.map(([name, lines]) => [name, lines.toString()]));
}

/** One checkpoint's entry as JSON, 64-bit numbers as decimal strings. */
export function checkpointToJson(entry: CheckpointEntry): Record<string, unknown> {
  return {
    epoch: entry.epoch.toString(),
    sources: sourcesToJson(entry.sources),
    watermark: entry.watermark?.toString() ?? null,
    cores: entry.cores.map((core) => ({
      nextSequence: core.nextSequence.toString(),
      lastTimestampNs: core.lastTimestampNs.toString(),
      writePos: core.writePos,
      indexCrc: core.indexCrc,
    })),
  };
}

/** The manifest's bytes; the last field is the crc32c of all before it. */
export function encodeManifest(manifest: DirectoryManifest): Uint8Array {
  const body = {
    format: MANIFEST_FORMAT,
    storeId: Buffer.from(manifest.storeId).toString('hex'),
    cores: manifest.cores,
    keep: manifest.keep,
    checkpoints: manifest.checkpoints.map(checkpointToJson),
  };
  return toUtf8(`${JSON.stringify({ ...body, crc32c: sumOf(body) }, null, 2)}\n`);
}

/**
 * @throws StatelogError `UNSUPPORTED_VERSION` for a newer format, `UNKNOWN_FORMAT` for JSON that is no
 * manifest of ours, `DAMAGED` (class `bad-header`) where it is ours and does not hold together
 */
export function decodeManifest(bytes: Uint8Array, file: string): DirectoryManifest {
  const json = parseJson(bytes, file);
  const format = typeof json === 'object' && json !== null && 'format' in json ? json.format : undefined;
  const looksOurs = typeof json === 'object' && json !== null && 'storeId' in json && 'checkpoints' in json;
  if (!looksOurs) {
    throw new StatelogError('UNKNOWN_FORMAT', 'this is not the manifest of a state directory', {
      path: file,
      hint: `run 'statelog stat' on the folder to see what it holds`,
    });
  }
  if (typeof format === 'number' && Number.isInteger(format) && format > MANIFEST_FORMAT) {
    throw new StatelogError('UNSUPPORTED_VERSION', `the state directory has format ${String(format)}`, {
      path: file,
      expected: String(MANIFEST_FORMAT),
      found: String(format),
      hint: 'open it with a newer statelog',
    });
  }
  const parsed = v.safeParse(manifestSchema, json);
  if (!parsed.success) throw damagedManifest(file, schemaIssueText(parsed.issues[0]));
  const { crc32c: stored, ...body } = json as Record<string, unknown>;
  if (stored !== sumOf(body)) throw damagedManifest(file, 'its checksum does not fit its content');
  const manifest = fromParsed(parsed.output);
  checkConsistency(manifest, file);
  return manifest;
}

/** The newest checkpoint, or undefined for a store that has none yet. */
export function newestCheckpoint(manifest: DirectoryManifest): CheckpointEntry | undefined {
  return manifest.checkpoints.at(-1);
}

/** The epoch that is open for writing: one past the newest checkpoint's. */
export function liveEpoch(manifest: DirectoryManifest): bigint {
  return (newestCheckpoint(manifest)?.epoch ?? 0n) + 1n;
}

function fromParsed(output: v.InferOutput<typeof manifestSchema>): DirectoryManifest {
  return {
    storeId: new Uint8Array(Buffer.from(output.storeId, 'hex')),
    cores: output.cores,
    keep: output.keep,
    checkpoints: output.checkpoints.map((entry) => ({
      epoch: entry.epoch,
      sources: entry.sources,
      watermark: entry.watermark ?? undefined,
      cores: entry.cores,
    })),
  };
}

function checkConsistency(manifest: DirectoryManifest, file: string): void {
  let previous = 0n;
  for (const entry of manifest.checkpoints) {
    if (entry.epoch <= previous) throw damagedManifest(file, 'its checkpoints are not in order');
    if (entry.cores.length !== manifest.cores) {
      throw damagedManifest(file, `checkpoint ${entry.epoch.toString()} does not list every core`);
    }
    previous = entry.epoch;
  }
}

function sumOf(body: Record<string, unknown>): string {
  return checksumHex(crc32c(toUtf8(JSON.stringify(body))));
}

function parseJson(bytes: Uint8Array, file: string): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)) as unknown;
  } catch (cause) {
    throw damagedManifest(file, 'it is not JSON', cause);
  }
}

function damagedManifest(file: string, reason: string, cause?: unknown): StatelogError {
  return new StatelogError('DAMAGED', `the manifest is damaged: ${reason}`, {
    path: file,
    class: 'bad-header',
    offset: 0,
    safe: 'checkpoints and write-ahead logs are not touched',
    hint: verifyHint(dirname(file)),
    cause,
  });
}
