import { readFileSync } from 'node:fs';
import { fixturePath } from '../../support/fixtures.js';

/** A line of JSON. */
export type JsonLine = Record<string, unknown>;

/** The objects of NDJSON. */
export function linesOf(text: string): JsonLine[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as JsonLine);
}

/** What the original programs say is in their file. */
export function fixtureLines(name: string): JsonLine[] {
  return linesOf(readFileSync(fixturePath(name), 'utf8'));
}

/** The same object without some of its fields. */
export function without(line: JsonLine, ...names: readonly string[]): JsonLine {
  return Object.fromEntries(Object.entries(line).filter(([name]) => !names.includes(name)));
}
