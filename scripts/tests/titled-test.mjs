import { noted } from './processor-time.mjs';
import { withQuickEquality } from './quick-equality.mjs';

/**
 * ava's `test`, or a part of it such as `test.serial`, whose titles begin with the name of their file: files that share a
 * process have to have titles of their own.
 */
export function titled(test, name) {
  const own = (title, ...rest) => {
    if (typeof title !== 'string') return test(title, ...rest);
    const [body, ...args] = rest;
    return test(`${name} › ${title}`, noted(`${name} › ${title}`, withQuickEquality(body)), ...args);
  };
  for (const [key, part] of Object.entries(test)) {
    own[key] = typeof part === 'function' ? titled(part, name) : part;
  }
  return own;
}
