import type { BrowsedLog, LogPage, PageItem } from '../../engine/inspect/browse/browsed-log.js';
import type { ShownRecord } from '../../engine/inspect/browse/log-reader.js';
import { formatTime } from '../../engine/bytes/text/time-text.js';
import { encodeText, type Encodings } from '../values/encoding.js';
import { formatSize } from '../values/size-text.js';
import { findingText } from '../errors/finding-text.js';
import { countedText } from '../text/counted-text.js';
import { cutText, markup, type Html, type HtmlValue } from '../report/page/html.js';
import { tableIn } from '../report/page/report-page.js';
import { keyText } from '../report/parts/lost-key-list.js';

const VALUE_UNITS_MAX = 200;
const MESSAGE_UNITS_MAX = 1_000;

/** How keys and values are shown. */
export interface BrowseForm {
  readonly encodings: Encodings;
  readonly showsValues: boolean;
}

/** A page of a log, and where in it. */
export interface ShownPage {
  readonly log: BrowsedLog;
  /** Its name in links, and in text. */
  readonly id: number;
  readonly name: string;
  readonly page: LogPage;
  /** The offset that was asked for. */
  readonly at: number;
  /** The outcome of a search that found nothing. */
  readonly said?: string | undefined;
  /** The key that is looked for. */
  readonly key: string;
}

/** Records of a log in a table, with ways to the pages beside it, and to any offset, number, time and key. */
export function logPage(shown: ShownPage, form: BrowseForm): Html {
  const { log, name, page, at, said } = shown;
  const isSegment = log.file.kind === 'segment';
  const columns = [
    'Byte',
    'Record',
    'Operation',
    ...(isSegment ? ['Time', 'Core', 'Epoch', 'Sequence'] : []),
    'Key',
    'Value',
    'Bytes',
  ];
  const rows = page.items.map((item) => rowOfItem(item, shown, form, columns.length));
  const notice = said === undefined ? undefined : markup`<p role="status">${said}</p>`;
  const table =
    rows.length === 0
      ? markup`<p>There is no record at or behind byte ${at}.</p>`
      : tableIn(`Records from byte ${at}`, columns, rows);
  return markup`<header><nav aria-label="Where"><a href="../">all files</a> · <a href="../report">report</a></nav><h1>${name}</h1><p>${indexText(log)}</p></header>${jumpForms(shown, isSegment)}<main id="content">${notice}${pageLinks(shown)}${table}${pageLinks(shown)}</main>`;
}

function indexText({ index }: BrowsedLog): string {
  const read = countedText(index.records, 'record');
  if (index.isWhole) return `${read}, ${formatSize(index.end)}.`;
  return `${read} so far: it is being read, and what lies further is found more slowly until then.`;
}

function pageLinks({ id, page, at }: ShownPage): Html {
  const first = page.items.find((item) => 'record' in item);
  const start = first === undefined ? at : first.record.offset;
  const links = [
    ...(page.hasBefore
      ? [
          markup`<a href="${id}?at=0">start</a>`,
          markup`<a rel="prev" href="${id}?before=${start}">before</a>`,
        ]
      : []),
    ...(page.next === undefined ? [] : [markup`<a rel="next" href="${id}?at=${page.next}">further</a>`]),
    markup`<a href="${id}?end=1">end</a>`,
  ];
  return markup`<nav aria-label="Pages" class="pages">${links}</nav>`;
}

function jumpForms({ id, at, key }: ShownPage, isSegment: boolean): Html {
  // The record that was found is passed over by the next search for its key; nothing is at the start.
  const from = at === 0 && key === '' ? '' : at;
  const form = (name: string, label: string, more: HtmlValue, value = ''): Html =>
    markup`<form action="${id}" method="get"><label>${label} <input name="${name}" value="${value}" required></label> <input type="hidden" name="from" value="${from}">${more}</form>`;
  const go = markup`<button>go</button>`;
  const find = markup`<button name="direction" value="next">next</button> <button name="direction" value="previous">previous</button>`;
  const jumps = isSegment ? [form('sequence', 'Sequence', go), form('time', 'Time', go)] : [];
  return markup`<section class="jumps" aria-label="Go to">${form('at', 'Byte', go)}${jumps}${form('key', 'Key', find, key)}</section>`;
}

function rowOfItem(item: PageItem, { id, at }: ShownPage, form: BrowseForm, columns: number): Html {
  if ('finding' in item) {
    const { finding } = item;
    const text = cutText(findingText({ ...finding, hint: undefined }), MESSAGE_UNITS_MAX);
    return markup`<tr><td class="${finding.severity}" colspan="${columns}">${text}</td></tr>`;
  }
  const { record, number } = item;
  const { offset, operation, bytes, coreId, epoch, sequence, timestampNs, key } = record;
  const time = timestampNs === undefined ? [] : [formatTime(timestampNs)];
  const numbers = [coreId, epoch, sequence].flatMap((one) => (one === undefined ? [] : [String(one)]));
  const place = markup`<a href="${id}/record?at=${offset}">${offset}</a>`;
  const name = key === undefined ? '' : keyText(key, form.encodings.key);
  const cells = [number, operation, ...time, ...numbers, name, valueText(record, form), bytes];
  const isHere = offset <= at && at < offset + bytes && at > 0;
  const row = cells.map((cell) => markup`<td>${cell}</td>`);
  return markup`<tr${isHere ? markup` class="here" aria-current="true"` : undefined}><th scope="row">${place}</th>${row}</tr>`;
}

/** A value, or what stands for it, and what else a record says. */
export function valueText({ value, details }: ShownRecord, { encodings, showsValues }: BrowseForm): string {
  const parts: string[] = [];
  if (value !== undefined && !showsValues) parts.push(`${value.bytes} bytes, blake3 ${value.digest}`);
  else if (value !== undefined) {
    const text = encodeText(value.head, encodings.value) ?? new TextDecoder().decode(value.head);
    const more = value.bytes > value.head.length ? ` … ${value.bytes} bytes` : '';
    parts.push(cutText(text, VALUE_UNITS_MAX) + more);
  }
  if (details !== undefined && details !== '') parts.push(details);
  return parts.join('; ');
}
