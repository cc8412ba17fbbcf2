// A state directory that takes a stream in batches and, after a crash, goes on exactly where it stopped.
// `commit` writes how far the source was read behind the data itself, so the two never disagree.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { StateDirectory } from 'statelog';

const folder = mkdtempSync(path.join(tmpdir(), 'statelog-example-'));
const place = path.join(folder, 'totals');

/** A stream that can be read again from any line on, as a file or a Kafka partition can. */
const sales = ['tea 3', 'milk 2', 'tea 4', 'rice 7', 'milk 1', 'tea 5'];

async function takeSales(dieAfter) {
  const store = await StateDirectory.open(place);
  let taken = Number(store.progress.sources.get('till-1') ?? 0n);
  console.log(`going on at line ${taken + 1}`);
  while (taken < sales.length && taken < dieAfter) {
    const batch = sales.slice(taken, taken + 2);
    for (const line of batch) {
      const [product, count] = line.split(' ');
      const key = Buffer.from(product);
      const before = Number(Buffer.from(store.get(key) ?? '0'));
      store.put(key, Buffer.from(String(before + Number(count))));
    }
    taken += batch.length;
    // On disk when this resolves: first the data, then the position.
    await store.commit(new Map([['till-1', BigInt(taken)]]));
  }
  store.close();
}

StateDirectory.create(place);
await takeSales(4); // the process ends early
await takeSales(Infinity);

const reader = StateDirectory.openReadOnly(place);
for (const { key, value } of reader.scan()) console.log(`${Buffer.from(key)} ${Buffer.from(value)}`);
reader.close();
rmSync(folder, { recursive: true });

// Prints:
// going on at line 1
// going on at line 5
// milk 3
// rice 7
// tea 12
