import { gzipSync } from 'node:zlib';
import { toUtf8 } from '../../../src/engine/bytes/text/text.js';
import { anyFile, BLOCK_BYTES, change, named, oneOf, segments, type Kind } from './mix-up-files.js';

/** What backups, transfers, editors and file systems do to files. */
export const TRANSFER_KINDS: Readonly<Record<string, Kind>> = {
  'a backup half restored': (mixUp, { random, store }) => {
    const moment = oneOf(random, store.moments)!;
    for (const [path, bytes] of moment) {
      if (path !== 'LOCK' && random.below(2) === 0) mixUp.tree.set(path, bytes);
    }
    mixUp.mayEndSooner = true;
  },
  'a transfer broken off, its part beside an older file': (mixUp, { random, store }) => {
    const path = oneOf(random, segments(mixUp.tree));
    if (path === undefined) return;
    const [bytes, older] = [mixUp.tree.get(path)!, oneOf(random, store.moments)!.get(path)];
    const slash = path.lastIndexOf('/') + 1;
    const part = `${path.slice(0, slash)}.${path.slice(slash)}.aB3xYz`;
    mixUp.tree.set(part, bytes.subarray(0, random.below(bytes.length + 1)));
    if (older === undefined) mixUp.tree.delete(path);
    else mixUp.tree.set(path, older);
    mixUp.mayEndSooner = true;
  },
  'zeros from a block on': (mixUp, { random }) => {
    change(mixUp, oneOf(random, segments(mixUp.tree)), (bytes) => {
      return bytes.fill(0, BLOCK_BYTES * random.below(Math.ceil(bytes.length / BLOCK_BYTES)));
    });
    mixUp.mayEndSooner = true;
  },
  'a hole of whole blocks': (mixUp, { random }) => {
    change(mixUp, oneOf(random, [...segments(mixUp.tree), ...named(mixUp.tree, '.db')]), (bytes) => {
      const blocks = Math.ceil(bytes.length / BLOCK_BYTES);
      const from = random.below(blocks);
      const end = Math.min(bytes.length, (from + 1 + random.below(2)) * BLOCK_BYTES);
      return bytes.fill(0, from * BLOCK_BYTES, end);
    });
    mixUp.mayEndSooner = true;
  },
  'line ends of another system': (mixUp, { random }) => {
    change(mixUp, anyFile(random, mixUp.tree), (bytes) =>
      Buffer.from(bytes.toString('latin1').replaceAll('\n', '\r\n'), 'latin1'),
    );
    mixUp.mayEndSooner = true;
  },
  'carriage returns taken out': (mixUp, { random }) => {
    change(mixUp, anyFile(random, mixUp.tree), (bytes) =>
      Buffer.from(bytes.toString('latin1').replaceAll('\r\n', '\n'), 'latin1'),
    );
    mixUp.mayEndSooner = true;
  },
  'a file read as text and saved': (mixUp, { random }) => {
    change(mixUp, anyFile(random, mixUp.tree), (bytes) => toUtf8(`${bytes.toString('utf8')}\n`));
    mixUp.mayEndSooner = true;
  },
  'a file in base64': (mixUp, { random }) => {
    change(mixUp, anyFile(random, mixUp.tree), (bytes) =>
      toUtf8(bytes.toString('base64').replace(/.{76}/g, '$&\n')),
    );
    mixUp.mayEndSooner = true;
  },
  'a file compressed': (mixUp, { random }) => {
    const path = anyFile(random, mixUp.tree);
    if (path === undefined) return;
    const bytes = mixUp.tree.get(path)!;
    mixUp.tree.delete(path);
    mixUp.tree.set(random.below(2) === 0 ? path : `${path}.gz`, gzipSync(bytes));
    mixUp.mayEndSooner = true;
  },
  'a segment split into parts': (mixUp, { random }) => {
    const path = oneOf(random, segments(mixUp.tree));
    if (path === undefined) return;
    const bytes = mixUp.tree.get(path)!;
    mixUp.tree.delete(path);
    const partBytes = 1024 * (1 + random.below(4));
    for (let at = 0, part = 0; at < bytes.length; at += partBytes, part++) {
      mixUp.tree.set(`${path}.a${String.fromCharCode(97 + part)}`, bytes.subarray(at, at + partBytes));
    }
    mixUp.mayEndSooner = true;
  },
  'the store within itself': (mixUp) => {
    for (const [path, bytes] of [...mixUp.tree]) mixUp.tree.set(`store/${path}`, bytes);
  },
  'a line end added': (mixUp, { random }) => {
    change(mixUp, anyFile(random, mixUp.tree), (bytes) => Buffer.concat([bytes, toUtf8('\n')]));
  },
  'a byte order mark in front': (mixUp, { random }) => {
    change(mixUp, anyFile(random, mixUp.tree), (bytes) =>
      Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), bytes]),
    );
    mixUp.mayEndSooner = true;
  },
};
