import base from './jest.config.mjs';

process.env.PATIENCE_SECONDS ??= '120';

/** What runs on the real engines, whose addresses are in the environment (`make test-stack`). */
export default {
  ...base,
  testMatch: ['**/*.stack.spec.ts', '**/*.e2e.spec.ts'],
  testPathIgnorePatterns: ['/node_modules/'],
  testTimeout: 300_000,
};
