/** Makes one CommonJS file of a program and all that it imports, except for native packages. */
export function bundle(entry: string, outfile: string): Promise<string[]>;
