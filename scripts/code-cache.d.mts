export function makeCodeCaches(program: string): void;
