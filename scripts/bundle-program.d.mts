/** Makes two CommonJS files of the command line in a folder. */
export function bundleProgram(folder: string): Promise<string[]>;
