import type { Unreadable } from './unreadable-spans.js';

/**
 * The one way to the disk. All engine code reaches files through this interface, so that a
 * simulated disk can stand in for the real one and fail, tear and forget at every step.
 * Every method that fails throws a `StatelogError` whose `details` carry `path`, `errno` and
 * `operation`: `NOT_FOUND`, `PERMISSION_DENIED`, `DISK_FULL`, `ALREADY_EXISTS`, `NOT_A_FILE`,
 * `NOT_A_DIRECTORY`, `READ_ONLY`, and `IO_FAILED` for the rest. EINTR and EAGAIN are retried
 * inside and never seen.
 */
export interface FileSystem {
  /**
   * Opens a regular file for reading; never blocks on a FIFO, refuses folders and devices. With
   * `links` 'refuse' a symbolic link in the last place is `NOT_A_FILE` (default: followed).
   */
  openRead(path: string, links?: LinkPolicy): FileDescriptor;
  /** Opens an existing regular file for reading and writing. */
  openReadWrite(path: string, links?: LinkPolicy): FileDescriptor;
  /** Creates a file (mode 0600 whatever the umask), failing with `ALREADY_EXISTS` if it is there. */
  createExclusive(path: string): FileDescriptor;
  /** Opens a regular file for reading and writing, creating it (0600) where it is missing. */
  openOrCreate(path: string, links?: LinkPolicy): FileDescriptor;
  /** Opens a folder, to lock it and to know it again; `links` says what becomes of one in the last place. */
  openDirectory(path: string, links?: LinkPolicy): FileDescriptor;
  close(descriptor: FileDescriptor): void;

  /** Reads up to `length` bytes at `position`; less than `length` only at the end of the file. */
  read(
    descriptor: FileDescriptor,
    into: Uint8Array,
    offset: number,
    length: number,
    position: number,
  ): number;
  /** Writes at `position`; may take fewer bytes than given: `writeFully` goes on with the rest. */
  write(
    descriptor: FileDescriptor,
    from: Uint8Array,
    offset: number,
    length: number,
    position: number,
  ): number;
  /**
   * Start of the next data from `position` on: everything before it is a hole, and reads as zeros. `Infinity`
   * where nothing but a hole follows, and `position` itself where holes cannot be told.
   */
  dataFrom(descriptor: FileDescriptor, position: number): number;
  truncate(descriptor: FileDescriptor, length: number): void;
  /** Reserves real blocks up to `length` and grows the file to it; only grows where that is not to be had. */
  allocate(descriptor: FileDescriptor, length: number): void;
  /**
   * Reserves blocks for a part of a file, also behind its end, which stays where it is. Does nothing where that
   * is not to be had; `DISK_FULL` where there is no room.
   */
  reserve(descriptor: FileDescriptor, offset: number, length: number): void;
  /** fsync: data and all metadata. */
  sync(descriptor: FileDescriptor): void;
  /** fdatasync: data, and what is needed to read it back. */
  dataSync(descriptor: FileDescriptor): void;
  /** Submits a write that may go on in another thread; `done` gets undefined, or the error. Takes all bytes or fails. */
  writeInBackground(
    descriptor: FileDescriptor,
    from: Uint8Array,
    position: number,
    done: BackgroundDone,
  ): void;
  /** Submits an fdatasync that may go on in another thread. */
  dataSyncInBackground(descriptor: FileDescriptor, done: BackgroundDone): void;

  statusOf(descriptor: FileDescriptor): FileStatus;
  /** lstat; undefined where nothing is there. */
  status(path: string): FileStatus | undefined;
  /** Follows symbolic links; undefined where nothing is there. */
  statusFollowing(path: string): FileStatus | undefined;
  /** Names in a folder, sorted by their bytes. */
  readDirectory(path: string): string[];
  /** Creates one folder, mode 0700 whatever the umask. */
  makeDirectory(path: string): void;
  rename(from: string, to: string): void;
  /** Renames, failing with `ALREADY_EXISTS` if the target is there. */
  renameExclusive(from: string, to: string): void;
  /** Makes a second name for a file. */
  link(existing: string, path: string): void;
  /**
   * Copies a regular file to a new name (0600), sharing blocks where the disk can; fails with
   * `ALREADY_EXISTS` if the target is there. The copy is not durable until it is synced.
   */
  copyFile(from: string, to: string): void;
  remove(path: string): void;
  removeDirectory(path: string): void;
  /** fsync of a folder: makes the names in it durable. */
  syncDirectory(path: string): void;
  /** The path with all symbolic links resolved. */
  realPath(path: string): string;
  /** Bytes that can still be written to the disk on which a file or folder lies; undefined where nobody can tell. */
  freeBytes(path: string): number | undefined;

  /**
   * A path that means an open folder, whatever has its name by now; names in it can be appended. Undefined where the platform
   * has none.
   */
  pathThrough(folder: FileDescriptor): string | undefined;
  /** Sets the name that errors give to an open file or folder from now on. */
  nameDescriptor(descriptor: FileDescriptor, path: string): void;

  /** The user that this process acts as: its effective id; 0 may do everything. */
  readonly userId: number;
  /** The group that is given to what it makes, where the folder does not say another. */
  readonly groupId: number;
  /** Gives an open file or folder to a user and a group. */
  changeOwner(descriptor: FileDescriptor, owner: number, group: number): void;
  /** Sets the permission bits of an open file or folder. */
  changeMode(descriptor: FileDescriptor, mode: number): void;
  /** Undefined where there are none. */
  readonly accessLists?: AccessLists | undefined;

  /**
   * The size of a page in bytes: a power loss leaves a write within one such page of a file whole or not done
   * at all.
   */
  readonly pageBytes: number;

  /** False where flock is not to be had: stores then open read-only. */
  readonly canLock: boolean;
  /** flock(LOCK_EX | LOCK_NB): true if it is ours now. Freed by `close`. */
  tryLock(descriptor: FileDescriptor): boolean;
  /**
   * Which process holds a lock on a file, told without touching the file: false where none does
   * that can be seen from here, undefined where it cannot be told at all.
   */
  lockOwner(path: string): LockOwner | false | undefined;

  /** For a view that reads on where the disk fails: the places that stand as zeros since they cannot be read. */
  readonly unreadable?: Unreadable | undefined;

  /** False where mmap is not to be had: files are then read. */
  readonly canMap: boolean;
  /** Maps the first `length` bytes read-only and shared, as windows; undefined where `canMap` is false. */
  map(descriptor: FileDescriptor, length: number): Mapping | undefined;
}

/** The POSIX access lists of files and folders (`setfacl`), in the bytes that Linux shows of them. */
export interface AccessLists {
  /** That of an open file or folder; undefined where it has none but its mode, and where none can be told. */
  of(descriptor: FileDescriptor): Uint8Array | undefined;
  /** Sets that of an open file, and its mode with it. */
  change(descriptor: FileDescriptor, list: Uint8Array): void;
}

/** A process that holds a lock. */
export interface LockOwner {
  readonly pid: number;
  /** When the process started (RFC 3339), so it holds the lock since then at the longest. */
  readonly since: string;
}

/** An open file, as the file system that opened it counts them. */
export type FileDescriptor = number;

/** The treatment of a symbolic link: users' paths may be links, a store's own files may not. */
export type LinkPolicy = 'follow' | 'refuse';

/** Called once when a background operation ends. */
export type BackgroundDone = (error: unknown) => void;

/** The kinds of thing that a path can name. */
export type FileKind = 'file' | 'directory' | 'symlink' | 'fifo' | 'socket' | 'device';

/** The metadata of a file or folder, as `stat` gives it. */
export interface FileStatus {
  readonly kind: FileKind;
  /** Bytes. */
  readonly size: number;
  /** Device and inode as one comparable string. */
  readonly identity: string;
  /** Nanoseconds since the Unix epoch. */
  readonly modifiedNs: bigint;
  /** When content, names, owner or mode last changed, by the same clock (ctime): no program can set it back. */
  readonly changedNs: bigint;
  /** Permission bits. */
  readonly mode: number;
  /** Ids of the user and the group that it belongs to. */
  readonly owner: number;
  readonly group: number;
  /** Names that the file has. */
  readonly linkCount: number;
}

/**
 * A read-only shared mapping of a file's start, cut into windows of `windowBytes` (the last
 * one shorter). Byte i of the file is `windows[floor(i / windowBytes)][i % windowBytes]`.
 * What the mapping covers must not be cut from the file while it is in use.
 */
export interface Mapping {
  readonly length: number;
  readonly windowBytes: number;
  readonly windows: readonly Uint8Array[];
  /** Unmaps. No view of a window may be touched afterwards: the process would die. */
  unmap(): void;
}
