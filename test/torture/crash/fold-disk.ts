import { SimulatedDisk } from '../../simulated-disk/index.js';

/** A disk with the folder that `LOG` lies in. */
export function emptyFoldDisk(pageBytes?: number): SimulatedDisk {
  const disk = new SimulatedDisk(pageBytes === undefined ? {} : { pageBytes });
  disk.plantFile('/store/neighbour', Uint8Array.of(1));
  return disk;
}
