// Keeps strings and objects: codecs say how they are bytes, and `for await` goes through them.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { CodedStore, jsonCodec, openWritable, utf8Codec } from 'statelog';

const folder = mkdtempSync(path.join(tmpdir(), 'statelog-example-'));
const store = await openWritable(path.join(folder, 'users'), { create: {} });
const users = new CodedStore(store, { key: utf8Codec, value: jsonCodec });

users.put('ann', { city: 'Oslo' });
users.put('bob', { city: 'Łódź' });
await store.sync(); // now it is on disk

console.log(users.get('bob').city);
for await (const { key, value } of users.entries({ from: 'ann' })) console.log(key, value.city);
store.close();
rmSync(folder, { recursive: true });

// Prints:
// Łódź
// ann Oslo
// bob Łódź
