import { isDeepStrictEqual, inspect } from 'node:util';

/** What a test gets: ava's assertions, as far as tests here use them. The first that fails is kept, also if it is caught. */
export class TestContext {
  /** What the test failed of. */
  failure;
  /** How many assertions were made. */
  assertions = 0;
  /** What is to be done when the test is over, the last first. */
  teardowns = [];

  is = (found, expected) => this.#must(Object.is(found, expected), found, expected);
  not = (found, refused) => this.#must(!Object.is(found, refused), found, 'anything else');
  true = (found) => this.is(found, true);
  false = (found) => this.is(found, false);
  truthy = (found) => this.#must(Boolean(found), found, 'something truthy');
  deepEqual = (found, expected) => this.#must(isDeepStrictEqual(found, expected), found, expected);
  notDeepEqual = (found, refused) => this.#must(!isDeepStrictEqual(found, refused), found, 'anything else');
  like = (found, expected) => this.#must(isLike(found, expected), found, expected);
  regex = (found, expected) => this.#must(expected.test(found), found, expected);
  notRegex = (found, refused) => this.#must(!refused.test(found), found, 'anything else');
  pass = () => this.#must(true);
  fail = (message) => this.#must(false, message, 'not to come here');
  log = () => undefined;
  timeout = () => undefined;
  teardown = (action) => void this.teardowns.push(action);

  throws = (action, expected) => {
    try {
      action();
    } catch (error) {
      return this.#mustBe(error, expected);
    }
    return this.#must(false, 'nothing', 'an error');
  };

  throwsAsync = async (action, expected) => {
    try {
      await (typeof action === 'function' ? action() : action);
    } catch (error) {
      return this.#mustBe(error, expected);
    }
    return this.#must(false, 'nothing', 'an error');
  };

  notThrows = (action) => {
    try {
      action();
    } catch (error) {
      this.#must(false, error, 'no error');
    }
    return this.pass();
  };

  notThrowsAsync = async (action) => {
    try {
      await (typeof action === 'function' ? action() : action);
    } catch (error) {
      this.#must(false, error, 'no error');
    }
    return this.pass();
  };

  #mustBe(error, { instanceOf = Error, name, code, message } = {}) {
    const isExpected =
      error instanceof instanceOf &&
      (name === undefined || error.name === name) &&
      (code === undefined || error.code === code) &&
      (message === undefined ||
        (message instanceof RegExp ? message.test(error.message) : message === error.message));
    this.#must(isExpected, error, { instanceOf, name, code, message });
    return error;
  }

  #must(holds, found, expected) {
    this.assertions += 1;
    if (holds) return true;
    const error = new Error(`found ${inspect(found)}, expected ${inspect(expected)}`);
    this.failure ??= error;
    throw error;
  }
}

/** True if all that is expected is there: objects and arrays may hold more, unless nothing is expected of them. */
function isLike(found, expected) {
  const isPlain = Array.isArray(expected) || expected?.constructor === Object;
  const keys = isPlain ? Object.keys(expected) : [];
  if (keys.length === 0) return isDeepStrictEqual(found, expected);
  return keys.every((key) => isLike(found?.[key], expected[key]));
}
