/** The arrows between the layers (docs/architecture.md). A broken one fails `make test`. */
module.exports = {
  forbidden: [
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'kernel-imports-nothing',
      severity: 'error',
      from: { path: '^src/kernel/', pathNot: '\\.spec\\.ts$' },
      to: { pathNot: '^src/kernel/' },
    },
    {
      name: 'model-is-pure',
      comment: "A model knows the kernel, its own folder and other domains' contracts.",
      severity: 'error',
      from: { path: '^src/domains/([^/]+)/model/', pathNot: '\\.spec\\.ts$' },
      to: { pathNot: ['^src/kernel/', '^src/domains/$1/model/', '^src/domains/[^/]+/contract\\.ts$'] },
    },
    {
      name: 'contracts-are-pure',
      severity: 'error',
      from: { path: '^src/domains/([^/]+)/contract\\.ts$' },
      to: { pathNot: ['^src/kernel/', '^src/domains/$1/model/'] },
    },
    {
      name: 'domains-meet-through-contracts',
      severity: 'error',
      from: { path: '^src/domains/([^/]+)/' },
      to: { path: '^src/domains/', pathNot: ['^src/domains/$1/', '^src/domains/[^/]+/contract\\.ts$'] },
    },
    {
      name: 'topics-know-contracts-only',
      severity: 'error',
      from: { path: '^src/(bridge|wire)/', pathNot: '\\.spec\\.ts$' },
      to: { path: '^src/domains/', pathNot: '^src/domains/[^/]+/contract\\.ts$' },
    },
    {
      name: 'the-wire-knows-kernel-and-ports',
      comment: 'And the shape in which consumers get an event.',
      severity: 'error',
      from: { path: '^src/wire/', pathNot: ['\\.spec\\.ts$', '^src/wire/testing/'] },
      to: { path: '^src/', pathNot: ['^src/(wire|kernel|ports)/', '^src/consumers/consumer\\.ts$'] },
    },
    {
      name: 'ports-are-interfaces',
      severity: 'error',
      from: { path: '^src/ports/' },
      to: { pathNot: ['^src/kernel/', '^src/ports/'] },
    },
    {
      name: 'schemas-are-pure',
      severity: 'error',
      from: { path: '^src/schemas/', pathNot: ['\\.spec\\.ts$', '^src/schemas/testing/'] },
      to: { pathNot: '^src/schemas/' },
    },
    {
      name: 'schemas-do-not-import-tests',
      severity: 'error',
      from: { path: '^src/', pathNot: ['^src/schemas/testing/', '\\.spec\\.ts$'] },
      to: { path: '^src/schemas/testing/' },
    },
    {
      name: 'consumers-serve-any-domain',
      severity: 'error',
      from: { path: '^src/consumers/', pathNot: '\\.spec\\.ts$' },
      to: {
        path: '^src/',
        pathNot: ['^src/(consumers|kernel|ports|execution|http|wire)/', '^src/domains/[^/]+/contract\\.ts$'],
      },
    },
    {
      name: 'only-app-chooses-adapters',
      severity: 'error',
      from: { path: '^src/', pathNot: ['^src/(app|adapters|bench)/', '\\.spec\\.ts$'] },
      to: { path: '^src/adapters/' },
    },
    {
      name: 'nothing-imports-the-composition-root',
      severity: 'error',
      comment: 'The command-line tools and the end-to-end specs open the same platform as the program.',
      from: { path: '^src/', pathNot: ['^src/(app|bench|cli|testing/e2e)/', '\\.spec\\.ts$'] },
      to: { path: '^src/app/' },
    },
    {
      name: 'product-does-not-import-tests',
      severity: 'error',
      from: { path: '^src/', pathNot: ['^src/testing/', '\\.spec\\.ts$', '^src/bench/'] },
      to: { path: '^src/testing/' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'types'] },
  },
};
