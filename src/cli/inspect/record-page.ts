import { withRecordFields } from '../../engine/inspect/fields/fields-of-finding.js';
import type { FileSystem } from '../../engine/storage-io/interface/file-system.js';
import { dumpLines } from '../output/field-dump.js';
import { markup, type Html } from '../report/page/html.js';

const LINE_BYTES = 16;

/** A record that is looked at by itself. */
export interface RecordPageOptions {
  readonly fileSystem: FileSystem;
  readonly path: string;
  readonly offset: number;
  /** The number of its file in links, and its name. */
  readonly id: number;
  readonly name: string;
  /** Its key in the encoding of keys; undefined where it has none. */
  readonly key: string | undefined;
  readonly showsValues: boolean;
}

/** The fields and bytes of one record, and the ways to other records of its key. */
export function recordPage(options: RecordPageOptions): Html {
  const { fileSystem, path, offset, id, name, key, showsValues } = options;
  const lines: Html[] = [];
  withRecordFields(fileSystem, path, offset, ({ fields, bytes }) => {
    for (const field of fields) {
      for (const { isWrong, text } of dumpLines(field, bytes, LINE_BYTES, { redact: !showsValues }))
        lines.push(isWrong ? markup`<mark>! ${text}</mark>\n` : markup`  ${text}\n`);
    }
  });
  const ofKey = (direction: string): string =>
    `../${id}?${new URLSearchParams({ key: key ?? '', from: String(offset), direction }).toString()}`;
  const others =
    key === undefined
      ? undefined
      : markup` · <a href="${ofKey('previous')}">previous of this key</a> · <a href="${ofKey('next')}">next of this key</a>`;
  const label = `Record at byte ${offset}`;
  return markup`<header><nav aria-label="Where"><a href="../../">all files</a> · <a href="../${id}?at=${offset}">${name}</a>${others}</nav><h1>${label}</h1></header><main id="content"><section class="scroll" tabindex="0" aria-label="${label}"><pre>${lines}</pre></section></main>`;
}
