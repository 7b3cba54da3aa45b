import { defineConfig } from 'oxlint';

// Lint is for what rots silently: promises nobody waits for, import cycles, layers, ambient time. Formatting is Biome's.
export default defineConfig({
  plugins: ['typescript', 'import', 'node', 'unicorn', 'oxc', 'promise'],
  jsPlugins: ['./scripts/lint/plugin.ts'],
  categories: { correctness: 'error' },
  ignorePatterns: ['node_modules', 'dist', 'coverage', '**/generated/**', '.connector-controller'],
  rules: {
    'typescript/no-floating-promises': 'error',
    'typescript/no-misused-promises': 'error',
    'typescript/await-thenable': 'error',
    'typescript/no-explicit-any': 'error',
    'typescript/consistent-type-imports': 'error',
    // A default is an answer for the members that are not named; without one, each member must be.
    'typescript/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
    'typescript/only-throw-error': 'error',
    'import/no-cycle': 'error',
    'import/no-default-export': 'error',
    'oxc/no-barrel-file': 'error',
    'no-console': 'error',
    eqeqeq: 'error',
    'prefer-const': 'error',
    'max-lines': ['error', { max: 300 }],
    'max-lines-per-function': ['error', { max: 60 }],
    complexity: ['error', { max: 10 }],
    'max-depth': ['error', { max: 3 }],
    'max-params': ['error', { max: 4 }],
    'node/no-process-env': 'error',
    'unicorn/filename-case': ['error', { case: 'kebabCase' }],
    'project/boundaries': 'error',
    'project/ambient-time': 'error',
    // Ports are objects of closures: taking a method off one is safe, but the rule sees an interface and fears for a `this` that none uses.
    'typescript/unbound-method': 'off',
    // Spreading a string is how we split it into code points.
    'typescript/no-misused-spread': 'off',
    // Waits in a loop are how a loop paces itself; the rule sees only lost parallelism.
    'no-await-in-loop': 'off',
    // A `for await` over a queue or stream often needs only the tick, not its value; tsc reports what is truly unused.
    'no-unused-vars': 'off',
  },
  overrides: [
    // The two ports behind which time, chance and ids are real.
    { files: ['platform/clock.ts', 'platform/ids.ts'], rules: { 'project/ambient-time': 'off' } },
    // The only readers of the environment; everything else gets its configuration handed in.
    { files: ['**/config.ts'], rules: { 'node/no-process-env': 'off' } },
    // Command-line faces print; scripts also read the environment that they pass on.
    { files: ['controller/cli/**', 'controller/serve/**', 'bin/**'], rules: { 'no-console': 'off' } },
    { files: ['scripts/**'], rules: { 'no-console': 'off', 'node/no-process-env': 'off', 'project/ambient-time': 'off' } },
    // Connectors are programs of their own: stdout is their protocol, the environment their input, their pace their own.
    { files: ['runtime/connectors/**'], rules: { 'no-console': 'off', 'node/no-process-env': 'off', 'project/ambient-time': 'off' } },
    // A describe block is one function as long as its cases; tests make ids and dates and choose the database by the environment.
    {
      files: ['test/**'],
      rules: {
        'max-lines-per-function': 'off',
        'max-lines': ['error', { max: 500 }],
        // Fixtures turn many optional choices into one request or row.
        complexity: ['error', { max: 15 }],
        'node/no-process-env': 'off',
        'project/ambient-time': 'off',
        'no-console': 'off',
      },
    },
    // Tools that demand a default export.
    {
      files: ['*.config.ts', '*.config.js', 'scripts/lint/plugin.ts', 'test/setup.ts', 'test/teardown.ts'],
      rules: { 'import/no-default-export': 'off' },
    },
  ],
});
