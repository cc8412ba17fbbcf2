import * as v from 'valibot';

/** A fault that a schema found in JSON, as a clause: which part it is in, and what is wrong with it. */
export function schemaIssueText(issue: v.BaseIssue<unknown>): string {
  const where = v.getDotPath(issue);
  // The path of a key that is missing, or is one too many, ends with that key.
  const holder = where?.split('.').slice(0, -1).join('.');
  const inHolder = holder === undefined || holder === '' ? '' : `${holder}: `;
  if (issue.type === 'strict_object' && issue.expected === 'never')
    return `${inHolder}${issue.received} does not belong there`;
  if (issue.type === 'strict_object' && issue.received === 'undefined')
    return `${inHolder}${issue.expected} is missing`;
  const message = issue.message
    .replace(/^Invalid [a-z ]+: Expected/, 'expected')
    .replace(/^Invalid integer: Received/, 'expected a whole number, found')
    .replace(' but received ', ', found ');
  return where === null ? message : `${where}: ${message}`;
}
