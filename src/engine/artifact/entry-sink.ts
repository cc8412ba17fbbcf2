/**
 * Takes an artifact's entries one after the other, from whatever it comes in. Paths are relative to
 * the artifact, and nothing is known about them yet.
 */
export interface EntrySink {
  folder(path: string): void;
  /** Starts a file of `size` bytes, or so its container says. */
  startFile(path: string, size: number): void;
  /** The file's next bytes, valid during the call. */
  write(bytes: Uint8Array): void;
  endFile(): void;
}
