// A log segment with a flipped bit: what `verify` says of it, and every good record brought to a new segment.
import { mkdtempSync, openSync, readSync, rmSync, writeSync, closeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { CoreWalReader, CoreWalWriter, realFileSystem, repairPath, verifyPath } from 'statelog';

const folder = mkdtempSync(path.join(tmpdir(), 'statelog-example-'));
const segment = path.join(folder, 'wal-0.log');

const writer = CoreWalWriter.create(0, segment);
const positions = [];
for (const [sensor, degrees] of Object.entries({ attic: '21.5', cellar: '9.0', yard: '-3.2' })) {
  positions.push(writer.appendPut(Buffer.from(sensor), Buffer.from(degrees)));
  writer.sync(); // each record now proves that the one before it was on disk
}
writer.close();
flipBit(segment, positions[1] + 12);

for (const { severity, class: kind, offset, bytes } of verifyPath(realFileSystem(), segment, {
  quick: false,
}))
  console.log(`${severity}: ${kind}, ${bytes} bytes from byte ${offset} on`);

const repair = repairPath({ path: segment, into: path.join(folder, 'saved.log') });
let step = await repair.next();
while (!step.done) step = await repair.next();
console.log(`kept ${step.value.kept.records} records, lost ${step.value.lost.bytes} bytes`);

// Records keep their numbers, so the new segment tells where one is missing. `readNext` reads on behind that.
const reader = CoreWalReader.open(0, path.join(folder, 'saved.log'));
for (let read = reader.readNext(); read.kind !== 'end'; read = reader.readNext()) {
  if (read.kind === 'finding') console.log(read.finding.message);
  else if (read.entry.operation.op === 'put')
    console.log(`${Buffer.from(read.entry.operation.key)} ${Buffer.from(read.entry.operation.value)}`);
}
reader.close();
rmSync(folder, { recursive: true });

function flipBit(file, position) {
  const descriptor = openSync(file, 'r+');
  const byte = Buffer.alloc(1);
  readSync(descriptor, byte, 0, 1, position);
  byte[0] ^= 1;
  writeSync(descriptor, byte, 0, 1, position);
  closeSync(descriptor);
}

// Prints:
// damage: checksum-mismatch, 88 bytes from byte 88 on
// kept 2 records, lost 88 bytes
// attic 21.5
// 1 record is missing before this one
// yard -3.2
