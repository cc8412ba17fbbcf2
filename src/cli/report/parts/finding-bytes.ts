import { formatTime } from '../../../engine/bytes/text/time-text.js';
import { isStatelogError } from '../../../engine/errors.js';
import type { Finding } from '../../../engine/finding.js';
import {
  withFaultBytes,
  withRecordFields,
  type FaultBytes,
} from '../../../engine/inspect/fields/fields-of-finding.js';
import { anchoredBeside, anchoredSource } from '../../../engine/storage-io/views/anchored-file-system.js';
import type { FileSystem } from '../../../engine/storage-io/interface/file-system.js';
import { dumpLines, type DumpOptions } from '../../output/field-dump.js';
import { shownText } from '../../terminal/shown/shown-text.js';
import { cutText, markup, type Html } from '../page/html.js';

const LINE_BYTES = 16;
/** The most lines of one fault in a page. */
const LINES_MAX = 64;
const KEY_UNITS_MAX = 80;
const NAME_UNITS_MAX = 300;
const KEY_BYTES_MAX = 256;
/** Fields of a good record that tell which one it is, in the order in which they are said. */
const TOLD = ['type', 'tag', 'sequence', 'epoch', 'coreId'] as const;

/** Reads for a page the bytes of faults, and the good records beside them. */
export class FindingBytes {
  readonly #fileSystem: FileSystem;
  readonly #options: DumpOptions;

  /** @param path what is verified: the files of findings are in it, it, or beside it */
  constructor(fileSystem: FileSystem, path: string, options: DumpOptions) {
    const isFolder = fileSystem.statusFollowing(path)?.kind === 'directory';
    this.#fileSystem = isFolder ? anchoredSource(fileSystem, path) : anchoredBeside(fileSystem, path);
    this.#options = options;
  }

  /** The bytes round a fault, folded; undefined where it is about none, or they cannot be read. */
  dump(finding: Finding): Html | undefined {
    if (finding.severity === 'notice') return undefined;
    let piece: Html | undefined;
    readable(() => {
      withFaultBytes(this.#fileSystem, finding, (fault) => {
        piece = this.#folded(finding, fault);
      });
    });
    return piece;
  }

  /** The good record of a log at an offset, in words; undefined where it is no log's, or cannot be read. */
  record(file: string, offset: number): string | undefined {
    let words: string | undefined;
    readable(() => {
      withRecordFields(this.#fileSystem, file, offset, (record) => {
        words = wordsOf(record);
      });
    });
    return words;
  }

  #folded({ class: kind, file, offset }: Finding, { fields, bytes }: FaultBytes): Html {
    const lines: Html[] = [];
    let more = 0;
    for (const field of fields) {
      for (const { isWrong, text } of dumpLines(field, bytes, LINE_BYTES, this.#options)) {
        if (lines.length >= LINES_MAX) more += 1;
        else lines.push(isWrong ? markup`<mark>! ${text}</mark>\n` : markup`  ${text}\n`);
      }
    }
    const rest = more === 0 ? undefined : markup`and ${more} lines more\n`;
    const label = `Bytes of ${kind} at byte ${offset}`;
    return markup`<details><summary>${label}</summary><section class="scroll" tabindex="0" aria-label="${label} of ${cutText(file, NAME_UNITS_MAX, true)}"><pre>${lines}${rest}</pre></section></details>`;
  }
}

/** A page can do without bytes that a disk does not give out, or that are gone by now. */
function readable(read: () => void): void {
  try {
    read();
  } catch (error) {
    if (!isStatelogError(error)) throw error;
  }
}

function wordsOf({ fields, bytes }: FaultBytes): string {
  const said = TOLD.flatMap((name) => {
    const field = fields.find((one) => one.name === name);
    if (field === undefined) return [];
    return [name === 'tag' || name === 'type' ? field.text : `${name} ${field.text}`];
  });
  const time = fields.find(({ name }) => name === 'timestampNs');
  const key = fields.find(({ name }) => name === 'key');
  const keyText =
    key === undefined
      ? undefined
      : shownText(bytes.read(key.offset, Math.min(key.bytes, KEY_BYTES_MAX)), 'utf8');
  return [
    ...said,
    ...(time === undefined ? [] : [formatTime(BigInt(time.text))]),
    ...(keyText === undefined ? [] : [`key ${cutText(keyText, KEY_UNITS_MAX)}`]),
  ].join(', ');
}
