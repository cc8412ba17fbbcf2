/** A JSON string, or a bracket, comma or colon; everything else of a text that parses is passed over. */
const TOKEN = /"(?:[^"\\]|\\.)*"|[{}[\],:]/gs;

/**
 * The first key that stands twice in one object of a JSON text that parses; undefined if none does. `JSON.parse` takes the
 * last of them without a word, where another program may take the first.
 */
export function doubledKey(text: string): string | undefined {
  const open: (Set<string> | undefined)[] = [];
  let last: string | undefined;
  for (const [token] of text.matchAll(TOKEN)) {
    if (token === '{') open.push(new Set());
    else if (token === '[') open.push(undefined);
    else if (token === '}' || token === ']') open.pop();
    else if (token === ':') {
      const keys = open.at(-1);
      const key = JSON.parse(last!) as string;
      if (keys?.has(key) === true) return key;
      keys?.add(key);
    } else if (token !== ',') last = token;
  }
  return undefined;
}
