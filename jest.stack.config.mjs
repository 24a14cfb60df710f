import base from './jest.config.mjs';

process.env.PATIENCE_SECONDS ??= '120';

/** What runs on the real engines, whose addresses are in the environment (`make test-stack`). */
export default {
  ...base,
  testMatch: ['**/*.stack.spec.ts', '**/*.e2e.spec.ts'],
  // What is asked at the door is the same whatever is behind it.
  testPathIgnorePatterns: ['/node_modules/', '/(access|abuse|api-document)\\.e2e\\.spec\\.ts$'],
  testTimeout: 300_000,
};
