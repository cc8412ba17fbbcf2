import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { ExecutionContext } from 'ava';

/** A fresh folder that is removed when the test is over. */
export function tempDir(t: ExecutionContext): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'statelog-test-'));
  t.teardown(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  return folder;
}
