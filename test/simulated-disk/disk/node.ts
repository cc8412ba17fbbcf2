import type { FileKind } from '../../../src/engine/storage-io/interface/file-system.js';
import { ByteImage } from './byte-image.js';
import type { FileEffect, NodeId } from './effect.js';
import { applyFileEffect } from './effect.js';
import { EntryMap } from './entry-map.js';

/**
 * A regular file: what everybody reads (`cached`), what is certainly on disk (`durable`), and
 * what lies between them (`effects`, in order).
 */
export class FileNode {
  readonly kind = 'file';
  readonly id: NodeId;
  cached: ByteImage;
  durable: ByteImage;
  effects: FileEffect[] = [];
  /** A tick of the disk's clock. */
  modified: number;
  /** Frozen nodes are shared by images, and replaced by a clone before they are changed. */
  frozen = false;

  constructor(id: NodeId, modified: number, cached = new ByteImage(), durable = new ByteImage()) {
    this.id = id;
    this.modified = modified;
    this.cached = cached;
    this.durable = durable;
  }

  /** A node of an image: this content, all of it durable. */
  static frozenOf(id: NodeId, modified: number, content: ByteImage): FileNode {
    const node = new FileNode(id, modified, content.share(), content.share());
    node.frozen = true;
    return node;
  }

  thaw(): FileNode {
    return new FileNode(this.id, this.modified, this.cached.share(), this.durable.share());
  }

  /** Turns pending effects into durable ones (or lost ones, where the sync failed). */
  settle(state: 'durable' | 'lost'): void {
    for (const effect of this.effects) if (effect.state === 'pending') effect.state = state;
    const firstLost = this.effects.findIndex((effect) => effect.state !== 'durable');
    const settled = this.effects.splice(0, firstLost < 0 ? this.effects.length : firstLost);
    for (const effect of settled) applyFileEffect(this.durable, effect);
  }
}

/** A folder: the names that everybody sees, and those that are certainly on disk. */
export class FolderNode {
  readonly kind = 'directory';
  readonly id: NodeId;
  cached: EntryMap;
  durable: EntryMap;
  modified: number;
  frozen = false;

  constructor(id: NodeId, modified: number, cached = new EntryMap(), durable = new EntryMap()) {
    this.id = id;
    this.modified = modified;
    this.cached = cached;
    this.durable = durable;
  }

  static frozenOf(id: NodeId, modified: number, entries: EntryMap): FolderNode {
    const node = new FolderNode(id, modified, entries.share(), entries.share());
    node.frozen = true;
    return node;
  }

  thaw(): FolderNode {
    return new FolderNode(this.id, this.modified, this.cached.share(), this.durable.share());
  }
}

/** What a test puts in a file's place: it can be looked at, and not opened. */
export interface OddNode {
  readonly kind: Exclude<FileKind, 'file' | 'directory'>;
  readonly id: NodeId;
  readonly modified: number;
  /** What a symbolic link points to; empty for the others. */
  readonly linkTarget: string;
}

export type DiskNode = FileNode | FolderNode | OddNode;
