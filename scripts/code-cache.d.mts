export function makeCodeCaches(dist: string): void;
