import { SimulatedDisk } from '../../../src/engine/storage-io/simulated/index.js';

/** A disk with the folder that `LOG` lies in. */
export function emptyFoldDisk(pageBytes?: number): SimulatedDisk {
  const disk = new SimulatedDisk(pageBytes === undefined ? {} : { pageBytes });
  disk.plantFile('/store/neighbour', Uint8Array.of(1));
  return disk;
}
