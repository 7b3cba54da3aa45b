/**
 * Jest runs the TypeScript sources as they are: types are stripped, nothing is compiled.
 * Start it through `npm test` (scripts/test.ts), which gives Node the flag that ESM needs in Jest.
 */
export default {
  testMatch: ['<rootDir>/test/**/*.test.ts'],
  testEnvironment: 'node',
  globalSetup: '<rootDir>/test/setup.ts',
  globalTeardown: '<rootDir>/test/teardown.ts',
  extensionsToTreatAsEsm: ['.ts'],
  transform: { '\\.ts$': '<rootDir>/test/strip-types.cjs' },
  // Copies of package.json in build output and data folders are no modules of ours.
  modulePathIgnorePatterns: ['<rootDir>/dist/', '<rootDir>/\\.connector-controller/'],
  // Two workers: the integration tests share one PostgreSQL, and CI machines have two cores.
  maxWorkers: 2,
  // Bounds a hanging test on a loaded machine; no test measures time against it.
  testTimeout: 60_000,
  coverageProvider: 'v8',
};
