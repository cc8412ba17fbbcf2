/*
 * The files that AWS's command line keeps profiles in, `~/.aws/config` and `~/.aws/credentials`: sections, lines of
 * `name = value`, and below a line without a value indented lines of its own.
 */

/** The settings of a section by name; those of an indented line as `outer.inner`. */
export type Settings = ReadonlyMap<string, string>;

/** Parses such a file: settings by the section's title as it stands between the brackets. */
export function parseProfileFile(text: string): ReadonlyMap<string, Settings> {
  const sections = new Map<string, Map<string, string>>();
  let section: Map<string, string> | undefined;
  let outer = '';
  for (const line of text.split(/\r?\n/)) {
    if (/^\s*([#;].*)?$/.test(line)) continue;
    const [, title] = /^\s*\[\s*([^\]]*?)\s*\]/.exec(line) ?? [];
    if (title !== undefined) {
      const name = title.replace(/\s+/, ' ');
      section = sections.get(name) ?? new Map();
      sections.set(name, section);
      outer = '';
      continue;
    }
    const [, indent, name, value] = /^(\s*)([^\s=][^=]*?)\s*=\s*(.*?)\s*$/.exec(line) ?? [];
    if (section === undefined || name === undefined || value === undefined) continue;
    const isInner = indent !== '' && outer !== '';
    if (!isInner) outer = value === '' ? name.toLowerCase() : '';
    section.set((isInner ? `${outer}.${name}` : name).toLowerCase(), withoutComment(value));
  }
  return sections;
}

/** A comment begins with a blank and `#` or `;`. */
function withoutComment(value: string): string {
  return value.replace(/\s+[#;].*$/, '');
}
