/**
 * Whether to colour, said in the one variable that every colouring package reads.
 * supports-color (under oclif) and chalk know FORCE_COLOR but not NO_COLOR, and read it once,
 * when they are loaded: this has to run before them. `--no-color` goes before NO_COLOR
 * (no-color.org), which goes before FORCE_COLOR; TERM=dumb they know themselves.
 */
export function settleColour(environment: NodeJS.ProcessEnv, commandLine: readonly string[]): void {
  const flagsEnd = commandLine.indexOf('--');
  const flags = flagsEnd === -1 ? commandLine : commandLine.slice(0, flagsEnd);
  const noColour = environment['NO_COLOR'];
  if (flags.includes('--no-color') || (noColour !== undefined && noColour !== '')) {
    environment['FORCE_COLOR'] = '0';
  }
}
