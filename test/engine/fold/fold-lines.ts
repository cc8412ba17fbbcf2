import { readFileSync } from 'node:fs';
import { toHex } from '../../../src/engine/bytes/text/text.js';
import type { AppendLogFold } from '../../../src/engine/fold/store/append-log-fold.js';
import { fixturePath } from '../../support/fixtures.js';

/** A fold as the lines that the original's reader prints of it (fixtures/README.md). */
export function foldLines(store: AppendLogFold): unknown[] {
  const entries = store.range().map(({ key, value, version }) => ({
    key,
    value: toHex(value),
    version: version.toHex(),
  }));
  return [{ cursor: store.cursor.asU64()?.toString() ?? null }, ...entries];
}

/** The lines of a fixture's `.ndjson`. */
export function fixtureLines(name: string): unknown[] {
  const text = readFileSync(fixturePath(`${name}.ndjson`), 'utf8').trim();
  return text.split('\n').map((line) => JSON.parse(line) as unknown);
}
