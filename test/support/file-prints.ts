import { lstatSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

/** Every file below a path with its bytes and the time it was changed: two of these show whether anything was touched. */
export function filePrints(
  root: string,
): Record<string, { readonly bytes: string; readonly changed: bigint }> {
  const status = lstatSync(root, { bigint: true });
  if (status.isFile()) {
    return { [root]: { bytes: readFileSync(root, 'latin1'), changed: status.mtimeNs } };
  }
  return Object.assign({}, ...readdirSync(root).map((name) => filePrints(path.join(root, name)))) as Record<
    string,
    { bytes: string; changed: bigint }
  >;
}
