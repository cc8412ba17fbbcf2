import type { StatelogError } from '../../../engine/errors.js';
import { errorStatement } from '../../errors/error-rendering.js';
import { cutText, markup, type Html } from '../page/html.js';
import { withCommands } from './command-words.js';

const STATEMENT_UNITS_MAX = 1_000;
/** Room for a command with two long paths, which is of no use where it is cut. */
const HINT_UNITS_MAX = 12_000;

/** An error in a page: what happened, where and what is safe; then what to do. */
export function errorPart(error: StatelogError): Html {
  const { hint } = error.details;
  const next =
    hint === undefined || hint === ''
      ? undefined
      : markup`<p>${withCommands(cutText(hint, HINT_UNITS_MAX))}</p>`;
  return markup`<p>${cutText(errorStatement(error), STATEMENT_UNITS_MAX)}</p>${next}`;
}
