import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { getSystemErrorName } from 'node:util';

/**
 * The calls that Node lacks, bound to the C library of this process. Each of them is undefined
 * where the platform has none. They return -1 on failure; `errno` must be read at once.
 */
export interface NativeLibrary {
  readonly flock: ((descriptor: number, operation: number) => number) | undefined;
  readonly fallocate:
    ((descriptor: number, mode: number, offset: number, length: number) => number) | undefined;
  readonly lseek: ((descriptor: number, offset: number, whence: number) => number | bigint) | undefined;
  readonly sync_file_range:
    ((descriptor: number, offset: number, length: number, flags: number) => number) | undefined;
  readonly renameat2:
    ((fromFolder: number, from: string, toFolder: number, to: string, flags: number) => number) | undefined;
  readonly fgetxattr:
    ((descriptor: number, name: string, value: Uint8Array, size: number) => number | bigint) | undefined;
  readonly fsetxattr:
    | ((descriptor: number, name: string, value: Uint8Array, size: number, flags: number) => number)
    | undefined;
  readonly mmap:
    | ((
        address: null,
        length: number,
        protection: number,
        flags: number,
        descriptor: number,
        offset: number,
      ) => number | bigint)
    | undefined;
  readonly _exit: ((code: number) => void) | undefined;
  readonly munmap: ((address: bigint, length: number) => number) | undefined;
  /** The bytes at an address, without a copy. At most 4 GiB, or the process dies. */
  readonly view: (address: bigint, length: number) => ArrayBuffer;
  /** The name of the last failure, such as `EWOULDBLOCK`. */
  readonly errnoName: () => string;
}

/** The part of koffi that is used here. */
interface Koffi {
  load(path: string | null): { func(name: string, result: string, parameters: string[]): unknown };
  errno(): number;
  view(address: bigint, length: number): ArrayBuffer;
}

/** Set to anything, it forbids native code: the tool then reads without locks or mappings. */
const FORBIDDING_VARIABLE = 'STATELOG_NO_NATIVE';

let loaded: NativeLibrary | undefined;
let tried = false;

/**
 * Loads koffi and binds the calls, once, when first asked. Undefined where there is no binary
 * for this platform: nobody fails because of that, stores open read-only.
 */
export function nativeLibrary(): NativeLibrary | undefined {
  if (process.env[FORBIDDING_VARIABLE]) return undefined;
  if (!tried) {
    tried = true;
    const koffi = loadKoffi();
    loaded = koffi === undefined ? undefined : bind(koffi);
  }
  return loaded;
}

/**
 * Ends the process without what koffi does when a process that has loaded it ends: it syncs standard output and standard error,
 * which takes long where they are files, and which nobody asked for. Returns where it was not loaded.
 */
export function exitPastKoffi(code: number): void {
  loaded?._exit?.(code);
}

/**
 * The loader of musl's C library, by the processor. Where it lies, the package finds out which of its
 * binaries this process can load, which takes longer than loading it.
 */
const MUSL_LOADERS: Readonly<Record<string, string>> = {
  x64: '/lib/ld-musl-x86_64.so.1',
  arm64: '/lib/ld-musl-aarch64.so.1',
};

/** Each platform has a package with koffi's binary for it; none of them runs a script when it is installed. */
function loadKoffi(): Koffi | undefined {
  const { platform, arch } = process;
  const name = `@koromix/koffi-${platform}-${arch}`;
  const musl = platform === 'linux' ? MUSL_LOADERS[arch] : undefined;
  const isGlibc = musl !== undefined && !existsSync(musl);
  return (isGlibc ? koffiOf(`${name}/${platform}_${arch}/koffi.node`) : undefined) ?? koffiOf(name);
}

function koffiOf(name: string): Koffi | undefined {
  try {
    const module: unknown = createRequire(import.meta.url)(name);
    return isKoffi(module) ? module : undefined;
  } catch {
    // Not installed, or not made for this machine.
    return undefined;
  }
}

function isKoffi(module: unknown): module is Koffi {
  if (typeof module !== 'object' || module === null) return false;
  return ['load', 'errno', 'view'].every(
    (name) => typeof (module as Record<string, unknown>)[name] === 'function',
  );
}

function bind(koffi: Koffi): NativeLibrary | undefined {
  let library: ReturnType<Koffi['load']>;
  try {
    // No name: what the process itself has loaded, whichever C library that is.
    library = koffi.load(null);
  } catch {
    return undefined;
  }
  const find = (name: string, result: string, parameters: string[]): unknown => {
    try {
      return library.func(name, result, parameters);
    } catch {
      return undefined;
    }
  };
  const onLinux: typeof find = (...call) => (process.platform === 'linux' ? find(...call) : undefined);
  return {
    flock: find('flock', 'int', ['int', 'int']) as NativeLibrary['flock'],
    fallocate: find('fallocate', 'int', ['int', 'int', 'int64_t', 'int64_t']) as NativeLibrary['fallocate'],
    lseek: find('lseek', 'int64_t', ['int', 'int64_t', 'int']) as NativeLibrary['lseek'],
    sync_file_range: find('sync_file_range', 'int', [
      'int',
      'int64_t',
      'int64_t',
      'unsigned int',
    ]) as NativeLibrary['sync_file_range'],
    renameat2: find('renameat2', 'int', [
      'int',
      'str',
      'int',
      'str',
      'unsigned int',
    ]) as NativeLibrary['renameat2'],
    // macOS has calls of these names that take more: only Linux keeps access lists this way.
    fgetxattr: onLinux('fgetxattr', 'int64_t', [
      'int',
      'str',
      'void *',
      'size_t',
    ]) as NativeLibrary['fgetxattr'],
    fsetxattr: onLinux('fsetxattr', 'int', [
      'int',
      'str',
      'void *',
      'size_t',
      'int',
    ]) as NativeLibrary['fsetxattr'],
    mmap: find('mmap', 'uintptr_t', [
      'void *',
      'size_t',
      'int',
      'int',
      'int',
      'int64_t',
    ]) as NativeLibrary['mmap'],
    _exit: find('_exit', 'void', ['int']) as NativeLibrary['_exit'],
    munmap: find('munmap', 'int', ['uintptr_t', 'size_t']) as NativeLibrary['munmap'],
    view: (address, length) => koffi.view(address, length),
    errnoName: () => nameOfErrno(koffi.errno()),
  };
}

/** Node knows no name for a few of Linux's errors. */
const NAMES_OF_LINUX: Readonly<Record<number, string>> = { 37: 'ENOLCK' };

function nameOfErrno(errno: number): string {
  const name = process.platform === 'linux' ? NAMES_OF_LINUX[errno] : undefined;
  return name ?? getSystemErrorName(-errno);
}
