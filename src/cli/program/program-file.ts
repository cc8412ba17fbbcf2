import { fileURLToPath } from 'node:url';
import type { Command } from '@oclif/core';

/**
 * All commands by name, where oclif's explicit discovery finds them. Empty until help is asked
 * for: until then one command at most is loaded.
 */
export const COMMAND_CLASSES: Record<string, Command.Class> = {};

/** This very file, or the first one of the program that was built, which gives out what this one does. */
export function programFile(): string {
  return fileURLToPath(import.meta.url);
}
