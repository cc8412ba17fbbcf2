import { StatelogError, isStatelogError } from '../../engine/errors.js';
import { asSystemError } from '../../engine/storage-io/interface/system-error.js';
import { exitCodeOfError, type ExitCode } from './exit-codes.js';
import { visibleText } from '../terminal/shown/visible-text.js';

/** The address for defects: the package names no other. */
export const REPORT_TO = "to the maintainers, whom 'npm view statelog maintainers' names";

const REPORT_HINT = `this is a defect of statelog: please report it ${REPORT_TO}, with the command that led here (STATELOG_DEBUG=1 shows where; docs/contributing.md says what helps)`;

/**
 * Turns anything that was thrown into an error of the closed set: the engine's own as they are, the operating
 * system's by their meaning, and all others as a defect of ours.
 */
export function asStatelogError(thrown: unknown): StatelogError {
  if (isStatelogError(thrown)) return thrown;
  if (thrown instanceof Error && (thrown as NodeJS.ErrnoException).syscall === 'uv_cwd')
    return withoutFolder(thrown);
  const known = asSystemError('the command', undefined, thrown);
  if (isStatelogError(known)) return known;
  const message = thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : String(thrown);
  return new StatelogError('INTERNAL', message, { hint: REPORT_HINT, cause: thrown });
}

function withoutFolder(cause: Error): StatelogError {
  const hint = "go to a folder that is there, with 'cd', and run it again";
  return new StatelogError('NOT_FOUND', 'the folder that this was run in is gone', {
    safe: 'nothing was changed',
    hint,
    cause,
  });
}

/**
 * One line without its end: what happened, where, what is safe, what to run next. Control
 * characters, which a path or a message from elsewhere may hold, are escaped.
 */
export function errorLine(error: StatelogError): string {
  const { hint } = error.details;
  const next = hint === undefined || hint === '' ? '' : `; ${hint}`;
  return visibleText(`statelog: ${errorStatement(error)}${next}`);
}

/** The error without what to run next: what happened, where, and what is safe. Characters are as they are. */
export function errorStatement(error: StatelogError): string {
  const { path, offset, safe } = error.details;
  const where = [
    path === undefined || names(error.message, path) ? undefined : path,
    offset === undefined || says(error.message, offset) ? undefined : `byte ${String(offset)}`,
  ].filter((part) => part !== undefined);
  const what = where.length === 0 ? error.message : `${error.message}: ${where.join(', ')}`;
  return safe === undefined || safe === '' ? what : `${what}; ${safe}`;
}

/** Whether a message names a path: as a word of its own, since a short path may be a part of any other. */
function names(message: string, path: string): boolean {
  for (let at = message.indexOf(path); at >= 0; at = message.indexOf(path, at + 1)) {
    const [before, after] = [message[at - 1] ?? ' ', message[at + path.length] ?? ' '];
    if (/[\s'"(:]/.test(before) && /[\s'"):;,]/.test(after)) return true;
  }
  return false;
}

/** Whether a message tells an offset: it may well be a part of the file's name. */
function says(message: string, offset: number): boolean {
  return new RegExp(`\\b(byte|offset|position|at) ${offset}\\b`).test(message);
}

/** Renders an error for programs: one JSON object, which holds every detail that is known. */
export function errorJson(error: StatelogError): string {
  return JSON.stringify({ error: { code: error.code, message: error.message, ...error.details } });
}

/** The exit code for an error. */
export function exitCodeOf(error: StatelogError): ExitCode {
  return exitCodeOfError(error.code);
}

/** The error's stack and those of its causes, for STATELOG_DEBUG. */
export function errorStack(error: StatelogError): string {
  const stacks: string[] = [];
  for (let link: unknown = error; link instanceof Error; link = link.cause) stacks.push(link.stack ?? '');
  return stacks.join('\ncaused by ');
}
