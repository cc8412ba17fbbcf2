import type { Operation } from './random-operations.js';

interface PlainFile {
  bytes: number[];
}

/**
 * What files and folders are, in as few words as possible: names that lead to bytes or to
 * nothing, in one Map. A step either does what its name says, or is refused and changes nothing.
 */
export class PlainTree {
  readonly #entries = new Map<string, PlainFile | 'folder'>();

  /** True where the step was done. */
  perform(step: Operation): boolean {
    const there = this.#entries.get(step.path);
    switch (step.name) {
      case 'create':
        return this.#add(step.path, { bytes: [...step.bytes] });
      case 'mkdir':
        return this.#add(step.path, 'folder');
      case 'write':
        return changeBytes(there, (file) => {
          if (step.bytes.length > 0) resize(file, Math.max(file.bytes.length, step.position));
          file.bytes.splice(step.position, step.bytes.length, ...step.bytes);
        });
      case 'truncate':
        return changeBytes(there, (file) => {
          resize(file, step.size);
        });
      case 'allocate':
        return changeBytes(there, (file) => {
          resize(file, Math.max(file.bytes.length, step.size));
        });
      case 'remove':
        return there !== 'folder' && this.#entries.delete(step.path);
      case 'rmdir':
        return there === 'folder' && this.#isEmpty(step.path) && this.#entries.delete(step.path);
      case 'link':
        return there !== undefined && there !== 'folder' && this.#add(step.to, there);
      case 'copy':
        return there !== undefined && there !== 'folder' && this.#add(step.to, { bytes: [...there.bytes] });
      case 'rename':
      case 'renameExclusive':
        return this.#rename(step.path, step.to, step.name === 'rename');
      case 'sync':
      case 'read':
        return there !== undefined && there !== 'folder';
      case 'syncFolder':
      case 'list':
        return there === 'folder';
      case 'status':
        return true;
    }
  }

  /** The same lines as `contentBelow` gives for a file system. */
  content(): string[] {
    const entries = [...this.#entries];
    return entries
      .map(([path, entry]) => {
        if (entry === 'folder') return `${path}/`;
        const links = entries.filter(([, other]) => other === entry).length;
        return `${path} ${Buffer.from(entry.bytes).toString('hex')} ${links}`;
      })
      .sort();
  }

  #add(path: string, entry: PlainFile | 'folder'): boolean {
    if (this.#entries.has(path) || !this.#hasParent(path)) return false;
    this.#entries.set(path, entry);
    return true;
  }

  #rename(from: string, to: string, replacing: boolean): boolean {
    const [source, target] = [this.#entries.get(from), this.#entries.get(to)];
    if (source === undefined || !this.#hasParent(to)) return false;
    if (!replacing && target !== undefined) return false;
    if (source === target && (from === to || source !== 'folder')) return true;
    if (source === 'folder' && `${to}/`.startsWith(`${from}/`)) return false;
    if (target !== undefined && (source === 'folder') !== (target === 'folder')) return false;
    if (target === 'folder' && !this.#isEmpty(to)) return false;
    const moved = [...this.#entries].filter(([path]) => path === from || path.startsWith(`${from}/`));
    for (const [path] of moved) this.#entries.delete(path);
    for (const [path, entry] of moved) this.#entries.set(to + path.slice(from.length), entry);
    return true;
  }

  #hasParent(path: string): boolean {
    const parent = path.slice(0, path.lastIndexOf('/'));
    return parent === '' || this.#entries.get(parent) === 'folder';
  }

  #isEmpty(path: string): boolean {
    return ![...this.#entries.keys()].some((other) => other.startsWith(`${path}/`));
  }
}

function changeBytes(entry: PlainFile | 'folder' | undefined, change: (file: PlainFile) => void): boolean {
  if (entry === undefined || entry === 'folder') return false;
  change(entry);
  return true;
}

function resize(file: PlainFile, size: number): void {
  file.bytes.length = Math.min(file.bytes.length, size);
  while (file.bytes.length < size) file.bytes.push(0);
}
