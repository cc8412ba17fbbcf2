import { readFileSync, writeFileSync } from 'node:fs';

/** Rewrites a file's bytes. */
export function rewrite(file: string, change: (bytes: Buffer) => Uint8Array): void {
  writeFileSync(file, change(readFileSync(file)));
}

/** Turns one bit. */
export function flip(file: string, at: number, mask = 0x01): void {
  rewrite(file, (bytes) => {
    bytes[at]! ^= mask;
    return bytes;
  });
}

/** Writes over some bytes. */
export function overwrite(file: string, at: number, piece: Uint8Array): void {
  rewrite(file, (bytes) => {
    bytes.set(piece, at);
    return bytes;
  });
}

/** Takes bytes out, and puts others in their place. */
export function splice(
  file: string,
  at: number,
  removed: number,
  piece: Uint8Array = new Uint8Array(),
): void {
  rewrite(file, (bytes) => Buffer.concat([bytes.subarray(0, at), piece, bytes.subarray(at + removed)]));
}

/** Ends the file at so many bytes. */
export function cutAt(file: string, length: number): void {
  rewrite(file, (bytes) => bytes.subarray(0, length));
}

/** Adds bytes at the end. */
export function append(file: string, piece: Uint8Array): void {
  rewrite(file, (bytes) => Buffer.concat([bytes, piece]));
}

/** All bytes of a file. */
export function contentOf(file: string): Buffer {
  return readFileSync(file);
}

/** Some bytes of a file. */
export function bytesAt(file: string, at: number, length: number): Uint8Array {
  return readFileSync(file).subarray(at, at + length);
}
