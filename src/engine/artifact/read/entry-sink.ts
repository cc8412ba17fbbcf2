/**
 * Takes an artifact's entries one after the other, from whatever it comes in. Paths are relative to
 * the artifact, and nothing is known about them yet.
 */
export interface EntrySink {
  folder(path: string): void;
  /**
   * Starts a file of `size` bytes, or so its container says.
   * @param start where its first byte lies in the container: a tar, or for a folder the file itself
   * @returns false where its bytes are not looked at, and need not be read
   */
  startFile(path: string, size: number, start: number): boolean;
  /** The file's next bytes, valid during the call. */
  write(bytes: Uint8Array): void;
  endFile(): void;
}
