/** Some bytes of a file that mean one thing, and what they mean. */
export interface ByteField {
  /** `length`, `checksum`, `tag`, `key`, `epoch`, …: as the formats' pages name it. */
  readonly name: string;
  /** Bytes from the start of the file. */
  readonly offset: number;
  readonly bytes: number;
  /** True where these very bytes are not what they should be. */
  readonly isWrong: boolean;
  /** The one byte of them that is wrong, from the start of the file; undefined where that is not known. */
  readonly wrongAt: number | undefined;
  /** The meaning of the bytes, or the evidence against them; empty if the bytes say it all. */
  readonly text: string;
  /** True where a value, or a part of one, may lie in them: `--redact` keeps those to itself. */
  readonly holdsValue: boolean;
}

/** A field without its place, as a part of a list: the parts lie one behind the other. */
export interface FieldPart {
  readonly name: string;
  readonly bytes: number;
  readonly isWrong?: boolean | undefined;
  readonly text?: string | undefined;
  readonly holdsValue?: boolean | undefined;
}

/** The fields of parts that lie one behind the other from `offset` on. Parts without bytes are left out. */
export function fieldsInRow(offset: number, parts: readonly FieldPart[]): ByteField[] {
  const fields: ByteField[] = [];
  let at = offset;
  for (const { name, bytes, isWrong = false, text = '', holdsValue = false } of parts) {
    if (bytes > 0) fields.push({ name, offset: at, bytes, isWrong, wrongAt: undefined, text, holdsValue });
    at += bytes;
  }
  return fields;
}

/** Marks the field that holds the byte at `offset` as wrong, with a remark about that byte. */
export function markedAt(fields: readonly ByteField[], offset: number, text: string): ByteField[] {
  return fields.map((field) => {
    const isThere = offset >= field.offset && offset < field.offset + field.bytes;
    return isThere ? { ...marked(field, text), wrongAt: offset } : field;
  });
}

/** Marks the first field of this name as wrong, with a remark about it. */
export function markedByName(fields: readonly ByteField[], name: string, text: string): ByteField[] {
  const found = fields.find((field) => field.name === name);
  return fields.map((field) => (field === found ? marked(field, text) : field));
}

function marked(field: ByteField, text: string): ByteField {
  return { ...field, isWrong: true, text: [field.text, text].filter((part) => part !== '').join('; ') };
}

/**
 * Marks fields as unsure if the lengths that place them may be wrong: any of those from `offset` to `end` may
 * be bytes of a value.
 */
export function unsureWithin(fields: readonly ByteField[], offset: number, end: number): ByteField[] {
  return fields.map((field) => {
    const isWithin = field.offset >= offset && field.offset < end;
    return isWithin ? { ...field, holdsValue: true } : field;
  });
}
