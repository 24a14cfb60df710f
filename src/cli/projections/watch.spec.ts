import { describe, expect, it } from '@jest/globals';
import { type Position } from '../../kernel/envelope.js';
import { type Comparison, type ProjectionFailure } from '../../ports/generations.js';
import { type GenerationStatus, type ViewStatus } from '../../projections/rebuild/desk.js';
import { comparisonText, endText, overviewText, viewText } from './print.js';
import { type Moment } from './progress.js';
import { watch } from './watch.js';

const at = '2026-01-02T03:04:05.678Z';
const head = '00000000000000000043' as Position;
const owner = 'shop:17:0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9';
const generation = (number: number, reached = 1): GenerationStatus => ({
  ...{ number, version: 1, storage: `cart_v1_g${number}`, createdAt: at },
  ...{ position: reached === 1 ? head : null, reached, owner: number === 1 ? owner : null },
});
const comparison: Comparison = {
  position: head,
  documents: { serving: 3, built: 3 },
  ...{ equal: 1, missing: 0, extra: 1, changed: 1, unjudged: 0 },
  differences: [
    {
      id: 'c-1',
      is: 'changed',
      paths: [
        { path: 'items[0].quantity', serving: 1, built: 2 },
        { path: 'note', serving: 'red \u009b31m', built: undefined },
      ],
      serving: { position: head, digest: 'aaaa', doc: { items: [{ quantity: 1 }] } },
      built: { position: head, digest: 'bbbb' },
    },
    { id: 'c-2', is: 'extra', paths: [], serving: null, built: { position: head, digest: 'cccc', doc: {} } },
  ],
};
const failure: ProjectionFailure = {
  ...{ message: 'thirteen', eventId: 'e-13', type: 'CartOpened', stream: 'cart-13', revision: 0 },
  ...{ position: head, documentId: 'c-13' },
};
const serving: ViewStatus = {
  ...{ name: 'cart', version: 1, phase: 'serving', serving: generation(1), former: [], build: null },
  comparison: null,
};
const building = (
  phase: NonNullable<ViewStatus['build']>['phase'],
  more: Partial<NonNullable<ViewStatus['build']>> = {},
): ViewStatus => ({
  ...serving,
  phase,
  build: {
    ...generation(2, 0.25),
    ...{ phase, switches: 'when equal', switchNow: false, parallel: 2, attempt: 1, comparison: null },
    ...{ failure: null },
    progress: {
      ...{ fraction: 0.25, events: 1_000, eventsPerSecond: 500, remainingSeconds: 6, position: null },
      ...{ documents: 7, updatedAt: at },
    },
    ...more,
  },
});
const switched: ViewStatus = { ...serving, serving: generation(2), former: [generation(1)], comparison };

describe('watching a rebuild', () => {
  const watching = async (...course: readonly ViewStatus[]) => {
    const shown: Moment[] = [];
    const stop = new AbortController();
    let [looks, asked] = [0, 0];
    const end = await watch('cart', 2, {
      desk: { one: () => Promise.resolve(course[Math.min(asked++, course.length - 1)] ?? serving) },
      caretaker: {
        look: () => {
          looks += 1;
          if (course.length === 1) stop.abort();
          return Promise.resolve();
        },
      },
      progress: { show: (moment) => void shown.push(moment), end: () => undefined },
      signal: stop.signal,
    });
    return { end, shown, looks };
  };

  it('shows what it is at until it serves, and sees to it that somebody works', async () => {
    const { end, shown, looks } = await watching(building('replaying'), building('comparing'), switched);
    expect(end).toStrictEqual({ is: 'serving', status: switched });
    expect(looks).toBe(2);
    expect(shown).toStrictEqual([
      {
        ...{ label: 'cart g2', phase: 'replaying', fraction: 0.25, eventsPerSecond: 500 },
        ...{ remainingSeconds: 6, documents: null },
      },
      {
        ...{ label: 'cart g2', phase: 'comparing', fraction: 0.25, eventsPerSecond: null },
        ...{ remainingSeconds: null, documents: 7 },
      },
    ]);
  });

  it.each([
    ['waiting', building('waiting')],
    ['failed', building('failed', { failure })],
    ['cancelled', serving],
    ['serving', { ...serving, former: [generation(2)] }],
  ])('ends when it is %s', async (is, status) => {
    expect((await watching(building('replaying'), status)).end).toStrictEqual({ is, status });
  });

  it('goes on when an operator has said switch, and ends when it is interrupted', async () => {
    const { end } = await watching(building('waiting', { switchNow: true }));
    expect(end.is).toBe('interrupted');
  });
});

describe('what the tool prints', () => {
  it('of all views', () => {
    const keepers = [{ owner, projections: ['cart', 'catalog'] }];
    expect(overviewText({ views: [switched, building('replaying')], keepers, head })).toBe(
      [
        'NAME  VERSION  PHASE      SERVING  FORMER  BUILD  REACHED  OWNER',
        'cart  1        serving    g2 v1    g1 v1   -      100 %    -',
        'cart  1        replaying  g1 v1    -       g2 v1  25 %     -',
        '',
        'PROCESS  MAY KEEP',
        'shop:17  cart, catalog',
        '',
        `head  ${head}`,
      ].join('\n'),
    );
    const unbuilt: ViewStatus = { ...serving, phase: 'unbuilt', serving: null };
    expect(overviewText({ views: [unbuilt], keepers: [], head: null })).toBe(
      [
        'NAME  VERSION  PHASE    SERVING  FORMER  BUILD  REACHED  OWNER',
        'cart  1        unbuilt  -        -       -      0 %      -',
        '',
        'No process keeps views.',
        '',
        'head  (there are no events)',
      ].join('\n'),
    );
  });

  const compared = [
    `compared  after event ${head}`,
    'documents 3 serving, 3 new',
    'equal     1',
    'missing   0',
    'extra     1 (only the new one has them)',
    'changed   1',
    'unjudged  0',
    '',
    'changed c-1',
    '  items[0].quantity: serving 1, new 2',
    '  note: serving "red  31m", new nothing',
    `  serving: digest aaaa, position ${head}`,
    '    {',
    '      "items": [',
    '        {',
    '          "quantity": 1',
    '        }',
    '      ]',
    '    }',
    `  new: digest bbbb, position ${head}`,
    '    (too large to be shown)',
    '',
    'extra c-2',
    `  new: digest cccc, position ${head}`,
    '    {}',
  ];
  const failed = [
    'event     CartOpened e-13',
    'stream    cart-13, revision 0',
    `position  ${head}`,
    'document  c-13',
    'message   thirteen',
  ];

  it('of one view', () => {
    expect(viewText({ ...building('failed', { failure }), comparison })).toBe(
      [
        'view      cart',
        'version   1',
        'phase     failed',
        `serving   generation 1, version 1, cart_v1_g1, of ${at}; 100 %, position ${head}, written by ${owner}`,
        `build     generation 2, version 1, cart_v1_g2, of ${at}; 25 %, position -, nobody writes it`,
        'switches  when equal',
        'parallel  2',
        'attempt   1',
        'events    1,000, 500/s',
        '',
        ...failed,
        '',
        ...compared,
      ].join('\n'),
    );
  });

  it('of a comparison, without what a terminal would obey', () => {
    expect(comparisonText(comparison)).toBe(compared.join('\n'));
  });

  it.each([
    [
      'serving',
      switched,
      [
        'cart: generation 2 (version 1) serves.',
        `3 documents were compared after event ${head}: 0 missing, 1 extra, 1 changed, 0 unjudged.`,
        'Kept: generation 1 (rollback cart, or prune cart).',
      ],
    ],
    ['serving', { ...serving, serving: generation(2) }, ['cart: generation 2 (version 1) serves.']],
    [
      'waiting',
      building('waiting', { comparison }),
      [
        'cart: generation 2 is built and waits. To let it take over: npm run projections -- switch cart',
        ...compared,
      ],
    ],
    [
      'failed',
      building('failed', { failure }),
      [
        'cart: generation 2 cannot be built. The one that serves goes on.',
        ...failed,
        'When it is mended: npm run projections -- resume cart; or cancel cart',
      ],
    ],
    ['cancelled', serving, ['cart: the rebuild was cancelled. What served before serves on.']],
    [
      'interrupted',
      building('replaying'),
      ['The program goes on with the rebuild of cart: npm run projections -- watch cart'],
    ],
  ] as const)('of the end of a rebuild that is %s', (is, status, lines) => {
    expect(endText({ is, status }, 2, false)).toBe(lines.join('\n'));
  });

  it('of a rebuild that it leaves to nobody', () => {
    expect(endText({ is: 'interrupted', status: building('replaying') }, 2, true)).toBe(
      'The rebuild of cart stands still until a program keeps the view, or: npm run projections -- watch cart',
    );
  });
});
