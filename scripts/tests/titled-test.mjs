/**
 * ava's `test`, or a part of it such as `test.serial`, whose titles begin with the name of their file: files that share a
 * process have to have titles of their own.
 */
export function titled(test, name) {
  const own = (title, ...rest) =>
    typeof title === 'string' ? test(`${name} › ${title}`, ...rest) : test(title, ...rest);
  for (const [key, part] of Object.entries(test)) {
    own[key] = typeof part === 'function' ? titled(part, name) : part;
  }
  return own;
}
