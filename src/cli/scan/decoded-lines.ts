import { versionFields } from '../../engine/fold/format/position-text.js';
import type { StoredEntry } from '../../engine/store/store.js';
import type { Encodings } from '../values/encoding.js';
import type { EntryOutput } from '../output/entry-output.js';
import type { ByteOutput } from '../terminal/byte-output.js';
import { writeJsonField } from '../text/json-fields.js';
import type { Decoder } from './decoder.js';

/** JSON lines whose `decoded` stands for `value`, in those entries whose value is of that form. */
export function decodedJsonLines(
  output: ByteOutput,
  encodings: Encodings,
  decoder: Decoder,
): { readonly printed: EntryOutput; readonly write: (entry: StoredEntry) => void } {
  const printed = {
    write: () => undefined,
    get isFull() {
      return output.isFull;
    },
    flush: () => output.flush(),
  };
  const write = ({ key, value, version }: StoredEntry): void => {
    output.writeText('{');
    writeJsonField(output, 'key', key, encodings.key);
    output.writeText(',');
    const decoded = decoder(value);
    if (decoded === undefined) writeJsonField(output, 'value', value, encodings.value);
    else output.writeText(`"decoded":${decoded.isJson ? decoded.text : JSON.stringify(decoded.text)}`);
    for (const [name, text] of Object.entries(versionFields(version)))
      output.writeText(`,"${name}":${JSON.stringify(text)}`);
    output.writeText('}\n');
  };
  return { printed, write };
}
