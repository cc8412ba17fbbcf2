import { readdirSync } from 'node:fs';
import path from 'node:path';
import { runTestsIn } from './run-tests-in.mjs';
import { Workspace } from './workspace.mjs';

/** Characters of the output of tests that failed. */
const OUTPUT_SHOWN = 1500;
/** As many tests that noticed something are run at a time without any sabotage. */
const WITNESSES_A_RUN = 40;

/**
 * Commits sabotages one after the other in a copy of the sources, and says which test noticed each. In the end the tests
 * that did are run without any: one that fails all the same has noticed nothing.
 * @param {readonly object[]} mutants of all.mjs
 * @param {(line: string) => void} say told of each as it is done
 * @param {number} until when none is begun any more, in milliseconds since 1970
 * @returns {Promise<{ tried: number, caught: number, violations: { where: string, message: string }[] }>}
 */
export async function tryMutants(mutants, say, until = Infinity) {
  const workspace = new Workspace();
  process.once('exit', () => workspace.remove());
  const violations = [];
  const witnesses = new Map();
  const tried = [];
  try {
    for (const mutant of mutants) {
      if (Date.now() > until) break;
      tried.push(mutant);
      try {
        const { title, files, seconds } = await tryMutant(workspace, mutant);
        say(`${mutant.name}: ${seconds.toFixed(1)} s, ${title ?? 'SURVIVED'}`);
        if (title === undefined)
          violations.push({ where: mutant.name, message: `no test noticed it. ${mutant.rule}` });
        else witnesses.set(mutant.name, { title, files });
      } catch (error) {
        say(error.message);
        violations.push({ where: mutant.name, message: error.message });
      }
    }
    violations.push(...(await falseWitnesses(workspace, witnesses)));
  } finally {
    workspace.remove();
  }
  const broken = new Set(violations.map(({ where }) => where));
  return { tried: tried.length, caught: tried.filter(({ name }) => !broken.has(name)).length, violations };
}

/** The title of the first test that noticed a sabotage; undefined if none did. */
async function tryMutant(workspace, mutant) {
  const restore = workspace.sabotage(mutant);
  const expected = mutant.tests.map(testFile);
  let seconds = 0;
  try {
    for (const { files, titles } of [
      { files: expected, titles: mutant.match === undefined ? [] : [mutant.match] },
      // More of the suite: what lies beside those tests.
      { files: testsBeside(workspace.root, expected), titles: [] },
    ]) {
      const run = await runTestsIn(workspace.root, files, titles);
      seconds += run.seconds;
      if (!run.ended) return { title: 'it hung, and a test with it', files: [], seconds };
      if (run.failed.length > 0) return { title: run.failed[0], files, seconds };
      if (run.passed === 0)
        throw new Error(`${mutant.name}: no test ran: ${run.output.slice(-OUTPUT_SHOWN)}`);
    }
    return { title: undefined, files: [], seconds };
  } finally {
    restore();
  }
}

/** Runs the tests that noticed something without any sabotage, some at a time: a run has a limit in time. */
async function falseWitnesses(workspace, witnesses) {
  const asked = [...witnesses].filter(([, { files }]) => files.length > 0);
  const violations = [];
  for (let at = 0; at < asked.length; at += WITNESSES_A_RUN)
    violations.push(...(await falseAmong(workspace, asked.slice(at, at + WITNESSES_A_RUN))));
  return violations;
}

async function falseAmong(workspace, asked) {
  const files = [...new Set(asked.flatMap(([, witness]) => witness.files))];
  const titles = [...new Set(asked.map(([, { title }]) => title))];
  const { ended, failed, output } = await runTestsIn(workspace.root, files, titles);
  const passed = new Set([...output.matchAll(/^ok \d+ - (.*)$/gm)].map(([, title]) => title));
  // They end with the first that fails, and after a while: those behind it are asked again without it.
  const culprit = ended ? failed[0] : undefined;
  const isSeen = ([, { title }]) => !ended || culprit === undefined || title === culprit;
  const unproven = asked.filter(([, { title }]) => !passed.has(title));
  const seen = unproven.filter((witness) => isSeen(witness));
  if (seen.length === 0 && unproven.length > 0)
    throw new Error(`a test that nobody asked for failed: ${culprit}: ${output.slice(-OUTPUT_SHOWN)}`);
  const unseen = unproven.filter((witness) => !isSeen(witness));
  return [
    ...seen.map(([where, { title }]) => ({
      where,
      message: ended
        ? `what failed fails without it too, or is no test: ${title}: ${output.slice(-OUTPUT_SHOWN)}`
        : 'whether what failed fails without it too was not seen: the tests were ended before it',
    })),
    ...(unseen.length > 0 ? await falseAmong(workspace, unseen) : []),
  ];
}

function testFile(name) {
  return `test/${name}.test.ts`;
}

function testsBeside(root, files) {
  const folders = [...new Set(files.map((file) => path.dirname(file)))];
  return folders.flatMap((folder) =>
    readdirSync(path.join(root, folder))
      .filter((name) => name.endsWith('.test.ts'))
      .map((name) => `${folder}/${name}`),
  );
}
