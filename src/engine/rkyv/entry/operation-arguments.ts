import { checkBigint, checkBytes, wrongType } from '../../bytes/byte-argument.js';
import type { WalOperation } from './wal-entry-format.js';

const U64_MAX = 0xffff_ffff_ffff_ffffn;
const I64_MAX = 0x7fff_ffff_ffff_ffffn;
const OPERATIONS = ['put', 'delete', 'checkpoint', 'commit', 'epochBarrier'];

/**
 * Checks what a Commit is to say, before any of it is written.
 * @throws TypeError, RangeError
 */
export function checkCommit(offsets: unknown, watermark: unknown): void {
  if (!(offsets instanceof Map)) throw wrongType('offsets', 'a Map', offsets);
  for (const [source, lines] of offsets as Map<unknown, unknown>) {
    if (typeof source !== 'string') throw wrongType('the name of a source', 'a string', source);
    checkBigint(lines, `the offset of ${source}`, 0n, U64_MAX);
  }
  if (watermark !== undefined) checkBigint(watermark, 'watermark', -I64_MAX - 1n, I64_MAX);
}

/**
 * Checks an operation as a caller gives it.
 * @throws TypeError, RangeError
 */
export function checkOperation(operation: WalOperation): void {
  switch (operation.op) {
    case 'put':
      checkBytes(operation.key, 'key');
      checkBytes(operation.value, 'value');
      break;
    case 'delete':
      checkBytes(operation.key, 'key');
      break;
    case 'commit':
      checkCommit(operation.offsets, operation.watermark);
      break;
    case 'checkpoint':
      checkBigint(operation.id, 'id', 0n, U64_MAX);
      break;
    case 'epochBarrier':
      checkBigint(operation.barrierEpoch, 'barrierEpoch', 0n, U64_MAX);
      break;
    default:
      throw new TypeError(`op must be one of ${OPERATIONS.join(', ')}`);
  }
}
