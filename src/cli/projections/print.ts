import { type ComparedDocument, type ComparedValue, type Comparison } from '../../ports/generations.js';
import { type AuditReport } from '../../projections/rebuild/audit.js';
import { isEqual } from '../../projections/rebuild/compare.js';
import { type GenerationStatus, type Overview, type ViewStatus } from '../../projections/rebuild/desk.js';
import { clean, formatCount, indent, percent, table } from '../text.js';
import { shareRead, type WatchEnd } from './watch.js';

export const overviewText = ({ views, keepers, head }: Overview): string => {
  const rows = views.map(({ name, version, phase, serving, former, build }) => {
    const { owner = null } = build ?? serving ?? {};
    const reached = build === null ? (serving?.reached ?? 0) : shareRead(build);
    return [
      name,
      String(version),
      phase,
      serving === null ? '-' : shortly(serving),
      former.length === 0 ? '-' : former.map(shortly).join(', '),
      build === null ? '-' : shortly(build),
      percent(reached),
      owner === null ? '-' : ownerOf(owner),
    ];
  });
  const heading = ['NAME', 'VERSION', 'PHASE', 'SERVING', 'FORMER', 'BUILD', 'REACHED', 'OWNER'];
  const processes = keepers.map(({ owner, projections }) => [ownerOf(owner), projections.join(', ')]);
  return [
    table([heading, ...rows]),
    keepers.length === 0 ? 'No process keeps views.' : table([['PROCESS', 'MAY KEEP'], ...processes]),
    `head  ${head ?? '(there are no events)'}`,
  ].join('\n\n');
};

export const viewText = ({
  name,
  version,
  phase,
  serving,
  former,
  build,
  comparison,
}: ViewStatus): string => {
  const { progress, failure } = build ?? {};
  const shown = build?.comparison ?? comparison;
  return [
    ...fields([
      ['view', name],
      ['version', String(version)],
      ['phase', phase],
      ['serving', serving === null ? 'nothing yet' : generationText(serving)],
      ...former.map((each) => ['former', generationText(each)] as const),
      ...(build === null || progress === undefined
        ? []
        : ([
            ['build', generationText(build)],
            ['switches', build.switchNow ? 'now, as an operator has said' : build.switches],
            ['parallel', String(build.parallel)],
            ['attempt', String(build.attempt)],
            ['events', `${formatCount(progress.events)}, ${formatCount(progress.eventsPerSecond)}/s`],
          ] as const)),
    ]),
    ...(failure ? ['', ...failureLines(failure)] : []),
    ...(shown ? ['', comparisonText(shown)] : []),
  ].join('\n');
};

export const comparisonText = (comparison: Comparison): string =>
  [
    ...fields([
      ['compared', `after event ${comparison.position}`],
      [
        'documents',
        `${formatCount(comparison.documents.serving)} serving, ${formatCount(comparison.documents.built)} new`,
      ],
      ['equal', formatCount(comparison.equal)],
      ['missing', countOf(comparison.missing, 'only the serving generation has them')],
      ['extra', countOf(comparison.extra, 'only the new one has them')],
      ['changed', formatCount(comparison.changed)],
      ['unjudged', formatCount(comparison.unjudged)],
    ]),
    ...comparison.differences.flatMap(({ id, is, paths, serving, built }) =>
      differenceLines(
        { id, is, paths: paths.map((each) => [each.path, each.serving, each.built] as const) },
        [
          ['serving', serving],
          ['new', built],
        ],
      ),
    ),
  ].join('\n');

export const auditText = (report: AuditReport): string => {
  const { projection, generation, version, sample, seed, position, documents, unjudged } = report;
  const differing = report.missing + report.extra + report.changed;
  const verdict =
    differing > 0
      ? `${projection} is not what the events give. To build it anew: npm run projections -- rebuild ${projection}`
      : unjudged > 0
        ? `${formatCount(unjudged)} of ${projection} cannot be judged: the view has not got to the events that concern them. Is it kept?`
        : `${projection} is what the events give.`;
  return [
    ...fields([
      ['view', `${projection}, generation ${generation}, version ${version}`],
      [
        'compared',
        `${sample === null ? 'all documents' : `${sample * 100} % of the documents (--seed ${seed})`}, after event ${position}`,
      ],
      [
        'documents',
        `${formatCount(documents.serving)} in the view, ${formatCount(documents.folded)} by the events`,
      ],
      ['equal', formatCount(report.equal)],
      ['missing', countOf(report.missing, 'the view lacks them')],
      ['extra', countOf(report.extra, 'only the view has them')],
      ['changed', formatCount(report.changed)],
      ['unjudged', formatCount(unjudged)],
    ]),
    ...report.differences.flatMap(({ id, is, paths, serving, folded }) =>
      differenceLines(
        { id, is, paths: paths.map((each) => [each.path, each.serving, each.folded] as const) },
        [
          ['view', serving],
          ['events', folded],
        ],
      ),
    ),
    ...(report.differences.length > 0 ? [''] : []),
    verdict,
  ].join('\n');
};

/** How a rebuild that was watched has ended. @param wasOurs the tool itself did the work */
export const endText = ({ is, status }: WatchEnd, number: number, wasOurs: boolean): string => {
  const { name, serving, former, build } = status;
  switch (is) {
    case 'serving': {
      const version = [serving, ...former].find((each) => each?.number === number)?.version ?? 0;
      const { comparison } = status;
      const kept = former.map((each) => each.number).filter((each) => each !== number);
      return [
        `${name}: generation ${number} (version ${version}) serves.`,
        ...(comparison === null ? [] : [comparedLine(comparison)]),
        ...(kept.length === 0
          ? []
          : [`Kept: generation ${kept.join(', ')} (rollback ${name}, or prune ${name}).`]),
      ].join('\n');
    }
    case 'waiting':
      return [
        `${name}: generation ${number} is built and waits. To let it take over: npm run projections -- switch ${name}`,
        ...(build?.comparison ? [comparisonText(build.comparison)] : []),
      ].join('\n');
    case 'failed':
      return [
        `${name}: generation ${number} cannot be built. The one that serves goes on.`,
        ...(build?.failure ? failureLines(build.failure) : []),
        `When it is mended: npm run projections -- resume ${name}; or cancel ${name}`,
      ].join('\n');
    case 'cancelled':
      return `${name}: the rebuild was cancelled. What served before serves on.`;
    case 'interrupted':
      return wasOurs
        ? `The rebuild of ${name} stands still until a program keeps the view, or: npm run projections -- watch ${name}`
        : `The program goes on with the rebuild of ${name}: npm run projections -- watch ${name}`;
  }
};

const comparedLine = (comparison: Comparison): string => {
  const { documents, position, missing, extra, changed, unjudged } = comparison;
  const compared = `${formatCount(documents.built)} documents were compared after event ${position}`;
  return isEqual(comparison)
    ? `${compared}: all equal.`
    : `${compared}: ${missing} missing, ${extra} extra, ${changed} changed, ${unjudged} unjudged.`;
};

const failureLines = (failure: NonNullable<NonNullable<ViewStatus['build']>['failure']>): readonly string[] =>
  fields([
    ['event', `${failure.type} ${failure.eventId}`],
    ['stream', `${failure.stream}, revision ${failure.revision}`],
    ['position', failure.position],
    ['document', failure.documentId ?? 'not known'],
    ['message', clean(failure.message, 2_000)],
  ]);

type Sides = readonly [
  readonly [string, ComparedDocument | null],
  readonly [string, ComparedDocument | null],
];

const differenceLines = (
  {
    id,
    is,
    paths,
  }: {
    readonly id: string;
    readonly is: string;
    readonly paths: readonly (readonly [string, ComparedValue, ComparedValue])[];
  },
  sides: Sides,
): readonly string[] => {
  const [[one], [other]] = sides;
  return [
    '',
    `${is} ${clean(id)}`,
    ...paths.map(
      ([path, left, right]) => `  ${clean(path)}: ${one} ${valueText(left)}, ${other} ${valueText(right)}`,
    ),
    ...sides.flatMap(([side, document]) =>
      document === null
        ? []
        : [
            `  ${side}: digest ${document.digest}, position ${document.position}`,
            document.doc === undefined
              ? '    (too large to be shown)'
              : indent(JSON.stringify(document.doc, null, 2), '    '),
          ],
    ),
  ];
};

const valueText = (value: ComparedValue): string =>
  value === undefined ? 'nothing' : clean(JSON.stringify(value), 300);

const generationText = ({
  number,
  version,
  storage,
  createdAt,
  reached,
  position,
  owner,
}: GenerationStatus): string =>
  `generation ${number}, version ${version}, ${storage}, of ${createdAt}; ${percent(reached)}, position ${position ?? '-'}, ` +
  (owner === null ? 'nobody writes it' : `written by ${owner}`);

const shortly = ({ number, version }: GenerationStatus): string => `g${number} v${version}`;

/** Without the end that only tells apart what has the same host and pid. */
const ownerOf = (owner: string): string => owner.replace(/:[^:]{9,}$/, '');

const countOf = (count: number, meaning: string): string =>
  count === 0 ? '0' : `${formatCount(count)} (${meaning})`;

const fields = (rows: readonly (readonly [string, string])[]): readonly string[] =>
  rows.map(([name, value]) => `${name.padEnd(10)}${value}`);
