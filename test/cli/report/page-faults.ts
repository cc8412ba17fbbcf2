import { format } from 'prettier';
import { repeatedNames, shownBy } from './page.js';

const TAG = /<([a-z][a-z0-9]*)((?:\s+[a-zA-Z-]+(?:="[^"]*")?)*)\s*(\/?)>/g;
const ATTRIBUTE = /\s([a-zA-Z-]+)(?:="([^"]*)")?/g;
/** Elements of a picture, which may close themselves; in HTML a slash there is passed over. */
const SHAPES = new Set(['path', 'rect']);
/** Elements that say nothing to anyone where there is nothing in them. */
const EMPTY = /<(h1|h2|h3|p|li|th|td|caption|figcaption|summary|title|desc|code|tbody|ul)(?: [^>]*)?><\/\1>/;

/**
 * Faults of a page: its markup as a parser of HTML sees it that reports what browsers put right in silence; attributes that are there twice; names
 * that are there twice, and references to names that are not there; parts that are empty.
 */
export async function pageFaults(page: string): Promise<string[]> {
  const faults: string[] = [];
  try {
    await format(page, { parser: 'html' });
  } catch (error) {
    faults.push((error as Error).message);
  }
  const ids: string[] = [];
  const references: string[] = [];
  for (const [tag, name, attributes, slash] of page.matchAll(TAG)) {
    const pairs = [...attributes!.matchAll(ATTRIBUTE)].map(([, key, value = '']) => [key!, value] as const);
    const keys = pairs.map(([key]) => key);
    if (new Set(keys).size < keys.length) faults.push(`an attribute is there twice: ${tag}`);
    if (slash === '/' && !SHAPES.has(name!)) faults.push(`it closes itself: ${tag}`);
    for (const [key, value] of pairs) {
      if (key === 'id') ids.push(value);
      if (key.startsWith('aria-labelledby') || key === 'aria-describedby')
        references.push(...value.split(' '));
      if (key === 'href' && value.startsWith('#')) references.push(value.slice(1));
    }
  }
  faults.push(...ids.filter((id, at) => ids.indexOf(id) < at).map((id) => `the id is there twice: ${id}`));
  faults.push(...references.filter((id) => !ids.includes(id)).map((id) => `no part has this id: ${id}`));
  faults.push(...repeatedNames(page).map((name) => `two regions have this name: ${name}`));
  const empty = EMPTY.exec(page);
  if (empty !== null)
    faults.push(`nothing is in it: ${empty[0]}, behind ${shownBy(page.slice(0, empty.index)).slice(-80)}`);
  return faults;
}
