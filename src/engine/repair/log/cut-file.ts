import { join } from 'node:path';
import type { LocatedPayload } from '../artifact/located-payload.js';
import type { RepairAccount } from '../account/repair-account.js';
import type { RepairEvent } from '../account/report.js';

/** Tells of a file of an artifact that is shorter than its manifest says: what is gone cannot be seen in it. */
export function* reportCut(
  account: RepairAccount,
  root: string,
  { files, stated }: LocatedPayload,
  name: string,
): Generator<RepairEvent, void> {
  const offset = files.get(name)?.length ?? 0;
  const bytes = (stated.get(name) ?? offset) - offset;
  if (bytes <= 0) return;
  yield account.take({
    severity: 'damage',
    class: 'bad-length',
    file: join(root, name),
    offset,
    bytes,
    message: `the last ${bytes} bytes of it are gone`,
  });
}
