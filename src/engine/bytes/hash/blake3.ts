import { createRequire } from 'node:module';

/** A BLAKE3 hash under way. `digest` and `digestHex` may be called at any time, and again. */
export interface Blake3 {
  /** Takes in all of `bytes`; they may be reused afterwards. */
  update(bytes: Uint8Array): void;
  /** 64 lower-case hex digits. */
  digestHex(): string;
  /** 32 bytes. */
  digest(): Uint8Array;
  /** Forgets all that it took in. */
  reset(): void;
}

interface NativeHasher {
  update(bytes: Uint8Array): unknown;
  digest(format: 'hex'): string;
  digestBuffer(): Uint8Array;
  reset(): unknown;
}

let NativeHasherClass: (new () => NativeHasher) | undefined;

function createNativeHasher(): NativeHasher {
  // Loaded when first needed: most commands never hash, and a native module takes milliseconds.
  NativeHasherClass ??= (
    createRequire(import.meta.url)('@napi-rs/blake-hash') as { Blake3Hasher: new () => NativeHasher }
  ).Blake3Hasher;
  return new NativeHasherClass();
}

/** Starts a BLAKE3 hash. A call into native code costs some 200 ns: give it large pieces. */
export function createBlake3(): Blake3 {
  const native = createNativeHasher();
  return {
    update(bytes) {
      native.update(bytes);
    },
    digest: () => Uint8Array.from(native.digestBuffer()),
    digestHex: () => native.digest('hex'),
    reset() {
      native.reset();
    },
  };
}

/** BLAKE3 of `bytes` as 64 lower-case hex digits. */
export function blake3Hex(bytes: Uint8Array): string {
  const hash = createBlake3();
  hash.update(bytes);
  return hash.digestHex();
}
