// Exports a store as a tar and reads the tar where it lies: nothing is unpacked, and everything in it is verified first.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import {
  StateDirectory,
  compareStores,
  identify,
  openReadable,
  prepareExport,
  realFileSystem,
} from 'statelog';

const folder = mkdtempSync(path.join(tmpdir(), 'statelog-example-'));
const place = path.join(folder, 'prices');
const tar = path.join(folder, 'prices.tar');

StateDirectory.create(place);
const store = await StateDirectory.open(place);
store.put(Buffer.from('tea'), Buffer.from('2.40'));
store.put(Buffer.from('rice'), Buffer.from('1.10'));
await store.sync();

const snapshot = prepareExport({ source: place, createdAtUnix: 0 });
const { keys, digest } = snapshot.writeTo(tar, 'tar');
snapshot.close();
console.log(`exported ${keys} keys, digest ${digest.slice(0, 12)}…`);

// The store goes on; the artifact stays as it is.
store.put(Buffer.from('tea'), Buffer.from('2.60'));
await store.sync();
store.close();

console.log(identify(realFileSystem(), tar).kind);
const before = openReadable(tar);
const after = openReadable(place);
for (const { key, value } of before.entries({ from: Buffer.from('s') }))
  console.log(`${Buffer.from(key)} was ${Buffer.from(value)}`);
for (const { outcome, key } of compareStores(before, after)) console.log(`${Buffer.from(key)}: ${outcome}`);
before.close();
after.close();
rmSync(folder, { recursive: true });

// Prints:
// exported 2 keys, digest 5556d7d0da47…
// artifact-tar
// tea was 2.40
// rice: same
// tea: changed
