import { TestContext } from './test-context.mjs';

/*
 * Stands in for ava in a bundle of tests (bundled-tests.mjs). What it lacks
 * of ava no test here needs: each test that noticed a sabotage is run by it without any, too, and must pass.
 */

const tests = [];
const hooks = { before: [], after: [] };

/** Notes down a test, as ava's `test` does. */
export default function test(title, run) {
  tests.push({ title, run });
}
test.serial = test;
test.before = (...hook) => void hooks.before.push(hook.at(-1));
test.after = { always: (...hook) => void hooks.after.push(hook.at(-1)) };

/**
 * Runs the tests one after the other until the first that fails, and says how each went, as TAP has it.
 * @param {readonly string[]} patterns of their titles, `*` for anything; all if there are none
 */
export async function runTests(patterns) {
  const chosen = tests.filter(
    ({ title }) => patterns.length === 0 || patterns.some((pattern) => isMatch(title, pattern)),
  );
  let number = 1;
  let title = 'what comes before the tests';
  const fail = (error) => {
    process.stdout.write(`not ok ${number} - ${title}\n${error?.stack ?? error}\n`);
    process.exit(1);
  };
  process.on('uncaughtException', fail);
  // Nothing is left to do, and a promise that the test waits for was never settled.
  process.on('exit', (code) => {
    if (code === 0 && number <= chosen.length) fail('it never ended');
  });
  for (const hook of hooks.before) await hook(new TestContext());
  for (const { title: next, run } of chosen) {
    title = next;
    const failure = await failureOf(run);
    if (failure !== undefined) await runHooksAfter().then(() => fail(failure));
    process.stdout.write(`ok ${number} - ${title}\n`);
    number += 1;
  }
  await runHooksAfter();
}

function isMatch(title, pattern) {
  const parts = pattern.split('*').map((part) => part.replaceAll(/[\\^$.*+?()[\]{}|/-]/g, String.raw`\$&`));
  return new RegExp(`^${parts.join('.*')}$`, 's').test(title);
}

async function failureOf(run) {
  const context = new TestContext();
  try {
    await run(context);
  } catch (error) {
    context.failure ??= error;
  }
  for (const teardown of context.teardowns.reverse()) await teardown();
  return context.failure ?? (context.assertions === 0 ? new Error('it asserted nothing') : undefined);
}

async function runHooksAfter() {
  for (const hook of hooks.after) await hook(new TestContext());
}
