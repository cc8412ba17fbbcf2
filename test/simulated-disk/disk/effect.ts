import type { ByteImage } from './byte-image.js';

/** A file or folder, as an index into the disk's table. Never reused. */
export type NodeId = number;

/**
 * Whether a power loss may undo an effect: `pending` until a sync; `durable` after it; `lost`
 * where that sync failed: such an effect may or may not have reached the disk, no later sync
 * makes it durable, and none says so.
 */
export type EffectState = 'pending' | 'durable' | 'lost';

interface EffectBase {
  /** Order in which effects took place on the whole disk. */
  readonly sequence: number;
  state: EffectState;
}

/** Bytes written to a file. */
export interface WriteEffect extends EffectBase {
  readonly kind: 'write';
  readonly position: number;
  readonly bytes: Uint8Array;
}

/** A file cut or grown to a size; what it grows by is zero. */
export interface ResizeEffect extends EffectBase {
  readonly kind: 'resize';
  readonly size: number;
}

/** What happens to the content of one file. */
export type FileEffect = WriteEffect | ResizeEffect;

/** One name in one folder that comes to mean something else; undefined removes it. */
export interface EntryChange {
  readonly folder: NodeId;
  readonly name: string;
  readonly target: NodeId | undefined;
}

/**
 * A change of names that is on disk as a whole or not at all, as journals have it: a rename
 * removes one name and sets another, also across folders.
 */
export interface EntryEffect extends EffectBase {
  readonly kind: 'entries';
  readonly changes: readonly EntryChange[];
}

/** A change that is made durable by a sync. */
export type Effect = FileEffect | EntryEffect;

/** Lets an effect on a file's content take place. */
export function applyFileEffect(image: ByteImage, effect: FileEffect): void {
  if (effect.kind === 'write') image.write(effect.position, effect.bytes);
  else image.resize(effect.size);
}

/** The size of a file of `size` bytes after an effect on its content. */
export function sizeAfter(size: number, effect: FileEffect): number {
  if (effect.kind === 'resize') return effect.size;
  return effect.bytes.length === 0 ? size : Math.max(size, effect.position + effect.bytes.length);
}
