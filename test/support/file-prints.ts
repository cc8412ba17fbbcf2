import { lstatSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

const READ_BYTES_MAX = 64n * 1024n * 1024n;

/** Every file below a path with its bytes and the time it was changed: two of these show whether anything was touched. */
export function filePrints(
  root: string,
): Record<string, { readonly bytes: string; readonly changed: bigint }> {
  const status = lstatSync(root, { bigint: true });
  if (!status.isDirectory()) {
    // Of a FIFO, a link, a device or a huge sparse file there is nothing to read.
    const isRead = status.isFile() && status.size <= READ_BYTES_MAX;
    const bytes = isRead ? readFileSync(root, 'latin1') : `${status.mode} ${status.size}`;
    return { [root]: { bytes, changed: status.mtimeNs } };
  }
  return Object.assign({}, ...readdirSync(root).map((name) => filePrints(path.join(root, name)))) as Record<
    string,
    { bytes: string; changed: bigint }
  >;
}
