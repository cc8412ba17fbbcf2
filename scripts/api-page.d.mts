/** What docs/api.md should hold, as Markdown. */
export function apiPage(): Promise<string>;
