import { execFileSync, spawnSync } from 'node:child_process';
import path from 'node:path';

/** The browser that pages are looked at with. */
export const BROWSER = 'chromium';
/** Whether it is there. */
export const isThere = spawnSync(BROWSER, ['--version']).status === 0;

/** Opens a page, and gives what the browser prints. */
export function browser(folder: string, url: string): (...flags: readonly string[]) => string {
  const profile = `--user-data-dir=${path.join(folder, 'profile')}`;
  const always = ['--headless', '--no-sandbox', '--disable-gpu', '--window-size=1000,1400', profile];
  return (...flags) =>
    execFileSync(BROWSER, [...always, ...flags, url], {
      stdio: ['ignore', 'pipe', 'ignore'],
      encoding: 'utf8',
    });
}

/** The tags of a page, in order: those that a browser mends of markup that is not well formed show in what it dumps. */
export function tags(page: string): string[] {
  return [...page.matchAll(/<\/?([a-z0-9]+)/g)].map(([tag]) => tag);
}

/** The page with the ends that a browser writes out: of shapes. */
export function closed(page: string): string {
  return page.replace(/<(path|rect)([^>]*)\/>/g, '<$1$2></$1>');
}
