/*
 * The hidden folders in which something is put together, and what becomes of each: their names mean nothing to anybody, and are
 * gone once an error is read.
 */

const destinations = new Map<string, string>();

/** From now on an error about what is in a hidden folder is told of what becomes of it. */
export function nameStaged(folder: string, destination: string): void {
  destinations.set(folder, destination);
}

/** The folder is gone. */
export function unnameStaged(folder: string): void {
  destinations.delete(folder);
}

/** The place that a path in a hidden folder is put together for; undefined for any other path. */
export function destinationOf(path: string): string | undefined {
  for (const [folder, destination] of destinations) {
    if (path === folder || path.startsWith(`${folder}/`)) return destination;
  }
  return undefined;
}
