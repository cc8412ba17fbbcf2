import { readFile } from 'node:fs/promises';

/** A `require` as the TypeScript compiler writes it at the top of a CommonJS module. */
const COMPILED_REQUIRE = /^const (\w+) = ((?:__importDefault|__importStar)\()?require\(("[^"]+")\)(\))?;$/gm;

/**
 * What oclif does on loading a command, so that a closed pipe is no error: Node makes standard output for it, which takes as long as
 * looking up a key. `processTerminal` hears of such errors itself, once there is something to write.
 */
const STDOUT_LISTENER = /^process\.stdout\.on\('error', \(err\) => \{\n(?: {4}.*\n)+\}\);$/m;

/** Goes before the bundle: the module behind the proxy is loaded when one of its members is first read. */
export const lazyRequireBanner =
  'const __Module=module.constructor;const __lazyRequire=(load)=>{let module;return new Proxy({},{get:(_,name)=>(module??=load())[name]})};';

/**
 * An esbuild plugin that makes oclif's modules require one another when first used, not when
 * first loaded. oclif loads its help, its globbing and its plugin loader at each start; a
 * command that runs needs its parser. Takes the start from 1.48 to 1.26 times that of bare
 * node. Compiled code reads imports as `module_1.member`, never as a bare name, so a proxy
 * can stand for the module.
 */
export const lazyRequires = {
  name: 'lazy-requires',
  setup(build) {
    build.onLoad(
      { filter: /[\\/]node_modules[\\/]@oclif[\\/]core[\\/]lib[\\/].*\.js$/ },
      async ({ path }) => {
        const text = await readFile(path, 'utf8');
        const isCommand = /lib[\\/]command\.js$/.test(path);
        if (isCommand && !STDOUT_LISTENER.test(text))
          throw new Error(`${path} listens to no errors of standard output`);
        const contents = text
          .replace(STDOUT_LISTENER, '')
          .replace(
            COMPILED_REQUIRE,
            (_all, name, wrapper = '', target, close = '') =>
              `const ${name} = __lazyRequire(() => ${wrapper}require(${target})${close});`,
          );
        return { contents, loader: 'js' };
      },
    );
  },
};

/** Node's own modules that most commands never call; each costs up to four milliseconds to load. */
const SELDOM_NEEDED =
  /=\s*require\("((?:node:)?(?:net|os|tty|zlib|worker_threads|timers\/promises|child_process|readline))"\)/g;

/** The class of modules, which `node:module` gives out beside much else, takes nothing to get from a module. */
const MODULE_CLASS = /\brequire\("(?:node:)?module"\)/g;

/**
 * Has a bundle load some of Node's modules when a member is first read, and writes nothing but ASCII.
 * @param {string} text
 * @returns {string}
 */
export function withLazyBuiltins(text) {
  return (
    text
      .replace(MODULE_CLASS, '__Module')
      .replace(SELDOM_NEEDED, (_all, name) => `=__lazyRequire(()=>require("${name}"))`)
      // A regular expression is left as its author wrote it; a program in ASCII is read in half the time.
      .replace(/[^\0-\x7f]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
  );
}
