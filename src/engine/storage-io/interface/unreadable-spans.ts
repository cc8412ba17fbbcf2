/** A stretch of a file that the disk does not give out. */
export interface UnreadableSpan {
  readonly path: string;
  /** Bytes from the start of the file. */
  readonly offset: number;
  readonly bytes: number;
}

/** The unreadable places, as a view that reads on where the disk fails tells them. */
export interface Unreadable {
  /** True while all that was asked for could be read. */
  readonly isEmpty: boolean;
  /** Whether a part of a range could not be read. */
  touches(path: string, offset: number, bytes: number): boolean;
  /** The unreadable places of a file on disk. */
  of(path: string): readonly UnreadableSpan[];
  /** The places added since the last call. */
  takeNew(): readonly UnreadableSpan[];
}

interface Stretch {
  readonly start: number;
  readonly end: number;
}

/**
 * The unreadable places of all files so far, in as few stretches as there can be, in the order of their
 * offsets.
 */
export class UnreadableSpans implements Unreadable {
  readonly #files = new Map<string, readonly Stretch[]>();
  /** The places added since `takeNew` was called last. */
  readonly #untold = new Map<string, readonly Stretch[]>();

  get isEmpty(): boolean {
    return this.#files.size === 0;
  }

  add(path: string, offset: number, bytes: number): void {
    if (this.touches(path, offset, bytes)) return;
    const added = { start: offset, end: offset + bytes };
    for (const files of [this.#files, this.#untold]) files.set(path, joined(files.get(path) ?? [], added));
  }

  touches(path: string, offset: number, bytes: number): boolean {
    return this.#files.get(path)?.some(({ start, end }) => start < offset + bytes && end > offset) ?? false;
  }

  of(path: string): UnreadableSpan[] {
    return spansOf(path, this.#files.get(path) ?? []);
  }

  takeNew(): UnreadableSpan[] {
    const spans = [...this.#untold].flatMap(([path, stretches]) => spansOf(path, stretches));
    this.#untold.clear();
    return spans;
  }
}

function joined(stretches: readonly Stretch[], added: Stretch): Stretch[] {
  let { start, end } = added;
  const apart: Stretch[] = [];
  for (const stretch of stretches) {
    if (stretch.end < start || stretch.start > end) {
      apart.push(stretch);
      continue;
    }
    start = Math.min(start, stretch.start);
    end = Math.max(end, stretch.end);
  }
  return [...apart, { start, end }].sort((one, other) => one.start - other.start);
}

function spansOf(path: string, stretches: readonly Stretch[]): UnreadableSpan[] {
  return stretches.map(({ start, end }) => ({ path, offset: start, bytes: end - start }));
}
