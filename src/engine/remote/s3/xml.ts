/*
 * The little of XML that S3 answers with: elements without attributes that matter, in no depth, never mixed with text.
 */

const ENTITIES: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" };

/** The content of each element of that name, as it stands: markup, or text with its entities. */
export function elements(xml: string, name: string): string[] {
  return [...xml.matchAll(new RegExp(`<${name}(?:\\s[^>]*)?>([^]*?)</${name}>`, 'g'))].map(
    ([, content]) => content!,
  );
}

/** The text of the first element of that name; undefined where there is none. */
export function textOf(xml: string, name: string): string | undefined {
  const [content] = elements(xml, name);
  return content === undefined ? undefined : decoded(content);
}

/** The name of the outermost element; undefined where it is no XML. */
export function rootOf(xml: string): string | undefined {
  return /^\uFEFF?\s*(?:<\?xml[^>]*\?>\s*)?<([A-Za-z][\w.-]*)/.exec(xml)?.[1];
}

/** Text as it stands in an element. */
export function encoded(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}

function decoded(content: string): string {
  return content.replaceAll(/&(#x?)?([0-9a-zA-Z]+);/g, (entity, number: string | undefined, name: string) => {
    if (number === undefined) return ENTITIES[name] ?? entity;
    const code = Number.parseInt(name, number === '#' ? 10 : 16);
    return code <= 0x10_ffff ? String.fromCodePoint(code) : entity;
  });
}
