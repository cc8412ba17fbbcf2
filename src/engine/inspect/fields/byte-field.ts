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
  /** What they say, or what speaks against them; empty where the bytes say it all. */
  readonly text: string;
  /** True where a value, or a part of one, may lie in them: `--redact` keeps those to itself. */
  readonly holdsValue: boolean;
}

/** What a list of fields is made of, but for their places: they lie one behind the other. */
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

/** The same fields, the one that holds the byte at `offset` marked wrong for it, with what is said of that byte. */
export function markedAt(fields: readonly ByteField[], offset: number, text: string): ByteField[] {
  return fields.map((field) => {
    const isThere = offset >= field.offset && offset < field.offset + field.bytes;
    return isThere ? { ...marked(field, text), wrongAt: offset } : field;
  });
}

/** The same fields, the first of this name marked wrong, with what is said of it. */
export function markedByName(fields: readonly ByteField[], name: string, text: string): ByteField[] {
  const found = fields.find((field) => field.name === name);
  return fields.map((field) => (field === found ? marked(field, text) : field));
}

function marked(field: ByteField, text: string): ByteField {
  return { ...field, isWrong: true, text: [field.text, text].filter((part) => part !== '').join('; ') };
}

/**
 * The same fields, where the lengths may be wrong that say where they are: any of those that lie from `offset`
 * to `end` may be bytes of a value.
 */
export function unsureWithin(fields: readonly ByteField[], offset: number, end: number): ByteField[] {
  return fields.map((field) => {
    const isWithin = field.offset >= offset && field.offset < end;
    return isWithin ? { ...field, holdsValue: true } : field;
  });
}
