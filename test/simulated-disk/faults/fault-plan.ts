/** One call of a simulated file system, as its log and its fault plan see it. */
export interface SimulatedOperation {
  /** 0 for the first call of the session. */
  readonly index: number;
  /** The system call, such as `write`; `fsyncFolder` where it is a folder that is synced. */
  readonly name: string;
  readonly path: string;
  readonly offset: number;
  readonly bytes: number;
  /** True where it changes what is on the disk, or what a power loss would leave of it. */
  readonly mutating: boolean;
}

/** What happens to a call instead of success. */
export type Fault =
  /** It fails with an error of the operating system, without or in spite of taking effect. */
  | { readonly kind: 'error'; readonly errno: string; readonly when: 'before' | 'after' }
  /** A write takes only this many bytes, and says so. */
  | { readonly kind: 'short'; readonly bytes: number }
  /** A sync does nothing and says that it did: a disk that lies, or code that does not call for it. */
  | { readonly kind: 'skip' }
  /** The process dies. */
  | { readonly kind: 'crash'; readonly when: 'before' | 'after' };

/**
 * Asked before each call; undefined lets it be. It may look at the disk, and open images of it:
 * what it sees is the state that a crash at this moment would meet.
 */
export type FaultPlan = (operation: SimulatedOperation) => Fault | undefined;

/** The nth call (from 0) fails. */
export function failAt(index: number, errno: string, when: 'before' | 'after' = 'before'): FaultPlan {
  return (operation) => (operation.index === index ? { kind: 'error', errno, when } : undefined);
}

/** The process dies at the nth call (from 0). */
export function crashAt(index: number, when: 'before' | 'after' = 'before'): FaultPlan {
  return (operation) => (operation.index === index ? { kind: 'crash', when } : undefined);
}

/** The nth call (from 0), if it is a write, takes only some of its bytes. */
export function shortWriteAt(index: number, bytes: number): FaultPlan {
  return (operation) =>
    operation.index === index && operation.name === 'write' ? { kind: 'short', bytes } : undefined;
}

/** Syncs whose name (`fsync`, `fdatasync`, `fsyncFolder`) and path match do nothing. */
export function skipSyncs(names: RegExp, paths: RegExp): FaultPlan {
  return (operation) =>
    names.test(operation.name) && paths.test(operation.path) ? { kind: 'skip' } : undefined;
}

/** Every call of one name fails, from the nth such call on. */
export function failEvery(name: string, errno: string, from = 0): FaultPlan {
  let seen = 0;
  return (operation) => {
    if (operation.name !== name) return undefined;
    seen += 1;
    return seen > from ? { kind: 'error', errno, when: 'before' } : undefined;
  };
}

/** A bad place of a disk: each read fails that asks for a byte of `[from, to)` of a file whose path matches. */
export function unreadablePlaces(paths: RegExp, from: number, to: number): FaultPlan {
  return ({ name, path, offset, bytes }) =>
    name === 'read' && paths.test(path) && offset < to && offset + bytes > from
      ? { kind: 'error', errno: 'EIO', when: 'before' }
      : undefined;
}

/** The first fault that any of the plans has for a call. All of them are asked. */
export function combinePlans(...plans: readonly FaultPlan[]): FaultPlan {
  return (operation) => {
    const faults = plans.map((plan) => plan(operation));
    return faults.find((fault) => fault !== undefined);
  };
}
