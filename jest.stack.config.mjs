import base from './jest.config.mjs';

/** What runs on the real engines, whose addresses are in the environment (`make test-stack`). */
export default {
  ...base,
  testMatch: ['**/*.stack.spec.ts', '**/*.e2e.spec.ts'],
  testPathIgnorePatterns: ['/node_modules/'],
  testTimeout: 180_000,
};
