import * as v from 'valibot';
import { schemaIssueText } from '../../bytes/text/schema-issue.js';
import { fromUtf8, toUtf8 } from '../../bytes/text/text.js';
import { signed, sourcesSchema, sourcesToJson, unsigned, type CoreCheckpoint } from './manifest.js';

/** The description of an exported checkpoint: its entry in the manifest, without the part about its files. */
export interface CheckpointSummary {
  readonly epoch: bigint;
  readonly sources: ReadonlyMap<string, bigint>;
  readonly watermark: bigint | undefined;
  readonly cores: readonly Pick<CoreCheckpoint, 'nextSequence' | 'lastTimestampNs'>[];
}

const schema = v.strictObject({
  epoch: unsigned,
  sources: sourcesSchema,
  watermark: v.nullable(signed),
  cores: v.pipe(v.array(v.strictObject({ nextSequence: unsigned, lastTimestampNs: signed })), v.minLength(1)),
});

/** The bytes of `CHECKPOINT.json`: the same for the same summary. */
export function encodeCheckpointSummary(summary: CheckpointSummary): Uint8Array {
  const json = {
    epoch: summary.epoch.toString(),
    sources: sourcesToJson(summary.sources),
    watermark: summary.watermark?.toString() ?? null,
    cores: summary.cores.map(({ nextSequence, lastTimestampNs }) => ({
      nextSequence: nextSequence.toString(),
      lastTimestampNs: lastTimestampNs.toString(),
    })),
  };
  return toUtf8(`${JSON.stringify(json, null, 2)}\n`);
}

/** Reads `CHECKPOINT.json`, of which nothing is trusted; a string says what is wrong with it. */
export function decodeCheckpointSummary(bytes: Uint8Array): CheckpointSummary | string {
  const text = fromUtf8(bytes);
  if (text === undefined) return 'it is not UTF-8';
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return 'it is not JSON';
  }
  const parsed = v.safeParse(schema, json, { abortEarly: true });
  if (!parsed.success) return schemaIssueText(parsed.issues[0]);
  return { ...parsed.output, watermark: parsed.output.watermark ?? undefined };
}
