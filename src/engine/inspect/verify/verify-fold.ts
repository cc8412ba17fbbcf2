import type { Finding } from '../../finding.js';
import { LiveKeyCount } from '../../fold/scan/live-key-count.js';
import { isLogLocked } from '../../fold/write/open-log.js';
import { refuseOtherVersion } from '../../fold/record/other-version.js';
import { FoldScanner } from '../../fold/scan/scanner.js';
import type { FileSystem } from '../../storage-io/interface/file-system.js';
import type { Tally } from './tally.js';

/** Reads a fold log from end to end, by the scanner that loading uses. */
export function* verifyFoldLog(fileSystem: FileSystem, path: string, tally: Tally): Generator<Finding, void> {
  const descriptor = fileSystem.openRead(path);
  try {
    const log = { fileSystem, descriptor, path, size: fileSystem.statusOf(descriptor).size };
    const isLocked = (): boolean => isLogLocked(fileSystem, path);
    const scanner = new FoldScanner(log, { isLocked });
    const keys = new LiveKeyCount(log);
    const limit = tally.limitFor(path);
    let isDamaged = false;
    for (let step = scanner.next(); step !== 'end'; step = scanner.next()) {
      if (step === 'record') {
        tally.records++;
        if (isDamaged) tally.recordsBehind++;
        else keys.take(scanner);
        continue;
      }
      const found = scanner.found!;
      isDamaged ||= found.severity === 'damage';
      if (found.severity === 'torn') tally.recordsBehind += scanner.finding!.goodRecords ?? 0;
      if (found.class === 'bad-version') refuseOtherVersion(log, scanner.finding!);
      const finding = limit.take(found);
      if (finding !== undefined) yield finding;
    }
    yield* limit.rest();
    tally.addFile(path, log.size);
    if (!isDamaged) tally.keys += keys.count;
  } finally {
    fileSystem.close(descriptor);
  }
}
