import type { Multicast } from '../../../src/engine/multicast/multicast.js';
import { MulticastBuffer } from '../../../src/engine/multicast/multicast-buffer.js';
import { SharedMulticastBuffer } from '../../../src/engine/multicast/shared-multicast-buffer.js';

/** Longest value that the tests of the contract publish. */
export const VALUE_BYTES_MAX = 13;

/** Every implementation of `Multicast`, for values of bytes. */
export const implementations: [string, (capacity: number, consumerCount: number) => Multicast<Uint8Array>][] =
  [
    ['in one thread', (capacity, consumerCount) => new MulticastBuffer<Uint8Array>(capacity, consumerCount)],
    [
      'shared',
      (capacity, consumerCount) => SharedMulticastBuffer.create(capacity, consumerCount, VALUE_BYTES_MAX),
    ],
  ];
