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

/**
 * ava's `test` for a file among others in one process: its titles begin with the file's name, and each of its tests waits for the one
 * before. ava's own option for that would also let the processes wait for each other.
 */
export function titledInTurn(test, name) {
  const { macro, meta } = test;
  const own = titled(test.serial, name);
  return Object.assign(own, { serial: own, macro, meta });
}
