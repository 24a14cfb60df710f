/** For whoever shows results of tests: `make unit` and the like name it. */
const { JUNIT_FILE } = process.env;

export default {
  testEnvironment: 'node',
  roots: ['<rootDir>/src', '<rootDir>/test', '<rootDir>/stack'],
  testMatch: ['**/*.spec.ts'],
  // Those need the real engines: `make test-stack`.
  testPathIgnorePatterns: ['/node_modules/', '\\.stack\\.spec\\.ts$'],
  extensionsToTreatAsEsm: ['.ts'],
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  transform: { '^.+\\.ts$': ['@swc/jest'] },
  setupFiles: ['reflect-metadata'],
  setupFilesAfterEnv: ['<rootDir>/src/testing/second-attempt.ts'],
  reporters: ['default', ...(JUNIT_FILE ? [['jest-junit', { outputFile: JUNIT_FILE }]] : [])],
  testTimeout: 60_000,
  maxWorkers: 2,
  // A spec that failed in the middle may leave a child or a timer behind; the run must end all the same.
  forceExit: true,
};
