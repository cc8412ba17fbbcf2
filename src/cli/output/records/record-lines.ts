import type { Finding } from '../../../engine/finding.js';
import { OPERATIONS } from '../../../engine/inspect/replay/replay-filter.js';
import { TAG_DELETE, TAG_PUT } from '../../../engine/rkyv/entry/wal-entry-format.js';
import type { WalEntryView } from '../../../engine/rkyv/entry/wal-entry-view.js';
import { findingText } from '../../errors/finding-text.js';
import { previousText } from './previous-output.js';
import {
  keyOf,
  operationFields,
  valueOf,
  type LocatedRecord,
  type PreviousValue,
  type RecordForm,
  type RecordOutput,
} from './record-parts.js';
import { redactedText } from '../../text/redaction.js';
import type { Terminal } from '../../terminal/terminal.js';
import { formatTime } from '../../../engine/bytes/text/time-text.js';
import { cutTo } from '../../terminal/shown/display-width.js';
import { shownText } from '../../terminal/shown/shown-text.js';
import { visibleText } from '../../terminal/shown/visible-text.js';

/** Terminals of fewer columns have heads that leave room for keys and values. */
const WIDE_COLUMNS = 100;
const NARROW_COLUMNS = 60;
/** Parts of a time as RFC 3339 has it, up to milliseconds. */
const DATE_CHARACTERS = 10;
const MOMENT_CHARACTERS = 23;

/** Records for a person at a terminal: a line each, cut to its width. Findings are shown whole. */
export class ReadableRecords implements RecordOutput {
  readonly #terminal: Terminal;
  readonly #form: RecordForm;

  constructor(terminal: Terminal, form: RecordForm) {
    this.#terminal = terminal;
    this.#form = form;
  }

  record({ path, offset, view }: LocatedRecord, previous?: PreviousValue): void {
    const { output, outputColumns } = this.#terminal;
    const name = path.slice(path.lastIndexOf('/') + 1);
    const head = headOf(view, `${name}:${offset}`, outputColumns);
    const before = previous === undefined ? '' : previousText(previous, this.#form);
    const line = `${head} ${OPERATIONS[view.tag]} ${this.#details(view)}${before}`;
    output.writeText(`${cutTo(outputColumns, visibleText(line))}\n`);
  }

  finding(finding: Finding): void {
    this.#terminal.output.writeText(`${findingText(finding)}\n`);
  }

  #details(view: WalEntryView): string {
    const { key, value } = this.#form.encodings;
    if (view.tag === TAG_DELETE) return shownText(keyOf(view), key);
    if (view.tag === TAG_PUT) {
      const text = this.#form.redact ? redactedText(valueOf(view)) : shownText(valueOf(view), value);
      return `${shownText(keyOf(view), key)} = ${text}`;
    }
    const fields = Object.entries(operationFields(view.operation()));
    return fields.map(([name, field]) => `${name} ${JSON.stringify(field)}`).join(' ');
  }
}

/** When it was, and which record: where there is little room, by core and sequence, as `--around` takes them. */
function headOf(
  { coreId, epoch, sequence, timestampNs }: WalEntryView,
  where: string,
  columns: number,
): string {
  const time = formatTime(timestampNs);
  if (columns >= WIDE_COLUMNS) return `${time} ${where} epoch ${epoch} core ${coreId} #${sequence}`;
  const from = columns < NARROW_COLUMNS ? DATE_CHARACTERS + 1 : 0;
  return `${time.slice(from, MOMENT_CHARACTERS)} ${coreId}:${sequence}`;
}
