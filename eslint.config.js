import avaPlugin from 'eslint-plugin-ava';
import tseslint from 'typescript-eslint';

/** Modules that only src/engine/storage-io may touch (docs/architecture.md: one way to the disk). */
const diskModules = ['fs', 'fs/promises', 'node:fs', 'node:fs/promises'];
/** What belongs to the command line alone. */
const terminalModules = ['@oclif/core', 'chalk', 'cli-table3', 'cli-progress'];

const restrict = (names, message) => ({
  'no-restricted-imports': ['error', { paths: names.map((name) => ({ name, message })) }],
});

export default tseslint.config(
  { ignores: ['dist/', 'coverage/', 'node_modules/', '.tmp/'] },
  ...tseslint.configs.strictTypeChecked,
  ...tseslint.configs.stylisticTypeChecked,
  {
    languageOptions: {
      parserOptions: { project: './tsconfig.json', tsconfigRootDir: import.meta.dirname },
    },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: {
      eqeqeq: 'error',
      'no-restricted-exports': ['error', { restrictDefaultExports: { direct: true, named: true } }],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      // A number in a message reads well; anything else that has no text of its own stays an error.
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
      // Typed arrays are indexed in counted loops on hot paths, where an iterator would allocate.
      '@typescript-eslint/prefer-for-of': 'off',
      // `noUncheckedIndexedAccess` makes every read of a typed array `number | undefined`; a checked index
      // states with `!` that it is in range, and costs nothing at run time.
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/no-unused-vars': [
        'error',
        { argsIgnorePattern: '^_', caughtErrorsIgnorePattern: '^_', varsIgnorePattern: '^_' },
      ],
      // `while (true)` with a return inside is the plainest form of a scanner's loop.
      '@typescript-eslint/no-unnecessary-condition': ['error', { allowConstantLoopConditions: 'always' }],
    },
  },
  {
    files: ['src/engine/**'],
    rules: {
      'no-console': 'error',
      'no-restricted-globals': [
        'error',
        { name: 'console', message: 'The engine prints nothing: return it, or throw a StatelogError.' },
      ],
      'no-restricted-properties': [
        'error',
        ...['exit', 'exitCode', 'stdout', 'stderr', 'stdin', 'argv', 'abort'].map((property) => ({
          object: 'process',
          property,
          message: 'The engine neither prints nor ends the process; src/cli does.',
        })),
      ],
      ...restrict([...diskModules, ...terminalModules], 'Go through FileSystem (src/engine/storage-io).'),
    },
  },
  {
    files: ['src/engine/storage-io/**'],
    rules: restrict(terminalModules, 'The engine knows nothing of the command line.'),
  },
  {
    files: ['src/cli/**', 'src/commands/**'],
    rules: restrict(diskModules, 'Go through the engine, which goes through FileSystem.'),
  },
  {
    // oclif loads a command by its default export.
    files: ['src/commands/**', 'test/cli/program/**'],
    rules: { 'no-restricted-exports': 'off' },
  },
  {
    files: ['test/**'],
    plugins: { ava: avaPlugin },
    rules: {
      ...avaPlugin.configs.recommended[0].rules,
      'no-restricted-imports': 'off',
      // The compiler checks what an assertion is given; this rule takes any variable for no string.
      'ava/assertion-arguments': 'off',
      // ava itself fails a test without assertions, and also sees those made in a function that got `t`.
      'ava/require-assertion': 'off',
      // ava fails a test without assertions; one whose assertions are fast-check's says so with `t.pass()`.
      'ava/no-useless-t-pass': 'off',
      // A property test asserts what its random case calls for.
      'ava/no-conditional-assertion': 'off',
      // `t.throws(() => store.put(key, value))`: that the call returns nothing does not matter there.
      '@typescript-eslint/no-confusing-void-expression': 'off',
    },
  },
  {
    files: ['**/*.js', '**/*.cjs', '**/*.mjs'],
    extends: [tseslint.configs.disableTypeChecked],
    rules: { 'no-restricted-exports': 'off' },
  },
  {
    files: ['bin/**', '**/*.cjs'],
    rules: { '@typescript-eslint/no-require-imports': 'off' },
  },
);
