/** The name of a constant, as this project writes them. */
const NAME = '[A-Z][A-Z0-9_]*';
/** A module that is loaded when needed, as esbuild writes it where whitespace is left: what it declares, and its body. */
const MODULE =
  /^var ([\w$]+(?:, [\w$]+)*), (init_[\w$]+ = __esm\(\{\n {2}"[^"\n]*"\(\) \{\n)((?: {4}.*\n|\n)*?)( {2}\}\n\}\);)$/gm;
/** A statement of a module's body that gives names their values. */
const ASSIGNMENTS = new RegExp(`^ {4}(${NAME} = .*);$`, 'gm');
const ASSIGNMENT = new RegExp(`^(${NAME}) = (.*)$`);
/** Whatever gives a constant's name another value. */
const WRITES = new RegExp(
  `(?<![\\w$.])(${NAME})(?: [-+*/%&|^<>?]*= |\\+\\+|--)|(?:\\+\\+|--)(${NAME})\\b`,
  'g',
);
const OPERATOR = / (?:\+|-|\*|\/|%|\*\*|<<|>>|>>>|\||&|\^) /;
const LITERAL =
  /^(?:[-~]?(?:0x[\da-f]+|\d+(?:\.\d+)?(?:e\d+)?)n?|![01]|"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')$/i;

/**
 * Gives constants of modules that are loaded when needed their values where they are declared. esbuild declares them
 * outside the module's function and assigns them inside, so that V8 takes them for variables: it loads and checks each
 * use, where it would put the number into the code. A loop that writes entries of a changelog took 1.35 times as long.
 * @param {string} text a bundle as esbuild writes it, with its whitespace
 * @returns {string} the bundle, which does the same
 */
export function fixedConstants(text) {
  const written = new Map();
  for (const [, before, after] of text.matchAll(WRITES)) {
    const name = before ?? after;
    written.set(name, (written.get(name) ?? 0) + 1);
  }
  const fixed = new Set();
  return text.replace(MODULE, (_all, names, head, body, end) => {
    const declared = new Set(names.split(', '));
    const values = [];
    const rest = body.replace(ASSIGNMENTS, (_line, list) => {
      const left = partsOf(list).filter((part) => {
        const [, name, value] = ASSIGNMENT.exec(part) ?? [];
        if (!declared.has(name) || written.get(name) !== 1 || !isFixed(value, fixed)) return true;
        fixed.add(name);
        declared.delete(name);
        values.push(part);
        return false;
      });
      return left.length === 0 ? '' : `    ${left.join(', ')};`;
    });
    return `var ${[...values, ...declared].join(', ')}, ${head}${rest}${end}`;
  });
}

/** True for a value that needs nothing but literals and constants that are fixed already. */
function isFixed(value, fixed) {
  return value.split(OPERATOR).every((operand) => {
    const bare = operand.replace(/^\(+|\)+$/g, '');
    return LITERAL.test(bare) || fixed.has(bare);
  });
}

/** The parts of a statement between commas that are in no bracket and no string. */
function partsOf(list) {
  const parts = [];
  let depth = 0;
  let start = 0;
  for (const { 0: token, index } of list.matchAll(
    /"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`(?:[^`\\]|\\.)*`|[([{]|[)\]}]|, /g,
  )) {
    if ('([{'.includes(token)) depth++;
    else if (')]}'.includes(token)) depth--;
    else if (token === ', ' && depth === 0) {
      parts.push(list.slice(start, index));
      start = index + token.length;
    }
  }
  return [...parts, list.slice(start)];
}
