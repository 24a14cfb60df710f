import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from '@jest/globals';
import {
  alerts,
  compose,
  dashboardFilesInConfigMaps,
  dashboards,
  expectations,
  operatorGroups,
  recordings,
  ruleFiles,
  ruleGroups,
  rules,
  scrapedByCompose,
  testFiles,
} from './files.js';
import { type Description, programMetrics } from './described-metrics.js';
import { selectorsOf } from './promql.js';

const charts = dashboards.flatMap(({ title: board, panels }) =>
  panels.flatMap((panel) => (panel.type === 'row' ? [] : [{ board, ...panel }])),
);

/** As Grafana would send it. */
const filledIn = (expr: string): string =>
  expr.replaceAll('$__rate_interval', '1m').replaceAll('$__range', '1h');

const expressions = [
  ...charts.flatMap(({ board, title, targets }) =>
    targets.map(({ expr }) => ({ where: `${board}: ${title}`, expr: filledIn(expr) })),
  ),
  ...rules.map((rule) => ({ where: 'record' in rule ? rule.record : rule.alert, expr: rule.expr })),
];

const ofEveryTarget = ['instance', 'job'];

/** The series that there are, and their labels: of the program, of Prometheus itself and of the rules. */
const seriesOf = (
  own: ReadonlyMap<string, Description>,
  text: string,
): ReadonlyMap<string, readonly string[]> => {
  const series = new Map<string, readonly string[]>([
    ['up', ofEveryTarget],
    ['ALERTS', ['alertname', 'alertstate', 'severity']],
    ...recordings.map(({ record }): [string, readonly string[]] => [record, []]),
  ]);
  const add = (name: string, type: string, labels: readonly string[]): void => {
    const all = [...labels, ...ofEveryTarget];
    if (type !== 'histogram') series.set(name, all);
    else {
      for (const part of ['count', 'sum']) series.set(`${name}_${part}`, all);
      series.set(`${name}_bucket`, [...all, 'le']);
    }
  };
  for (const [name, { type, labels }] of own) add(name, type, labels);
  for (const [, name = '', type = ''] of text.matchAll(/^# TYPE ((?:process|nodejs)_\S+) (\S+)$/gm))
    add(type === 'counter' ? `${name}_total` : name, type, []);
  return series;
};

describe('Panels and rules', () => {
  let own: ReadonlyMap<string, Description>;
  let text: string;
  let series: ReadonlyMap<string, readonly string[]>;

  beforeAll(async () => {
    ({ own, text } = await programMetrics());
    series = seriesOf(own, text);
  });

  it('use metrics and labels that there are, in PromQL', () => {
    const wrong = expressions.flatMap(({ where, expr }) =>
      selectorsOf(expr).flatMap(({ metric, labels }) => {
        const known = series.get(metric);
        if (known === undefined) return [`${where}: there is no ${metric}`];
        return labels
          .filter((label) => !known.includes(label))
          .map((label) => `${where}: ${metric} has no label ${label}`);
      }),
    );
    expect(wrong).toEqual([]);
    expect(expressions.length).toBeGreaterThan(100);
  });

  it('would not pass with a metric, a label or an expression that is wrong', () => {
    expect(
      selectorsOf('sum by (le, a) (rate(b_total{c="d",e!~"f"}[5m])) / on () group_left () max(g)'),
    ).toEqual([
      { metric: 'b_total', labels: ['c', 'e', 'le', 'a'] },
      { metric: 'g', labels: [] },
    ]);
    for (const broken of ['sum(rate(a[5m])', 'nothing(a)', 'a{b=c}', 'sum by a (b)'])
      expect(() => selectorsOf(broken)).toThrow('No PromQL');
  });

  it('are given rates by the interval of Grafana', () => {
    const fixed = charts.filter(({ targets }) => targets.some(({ expr }) => /\[\d/.test(expr)));
    expect(fixed).toEqual([]);
  });

  it('leave no metric of the program unseen', () => {
    const used = expressions.flatMap(({ expr }) => selectorsOf(expr).map(({ metric }) => metric));
    const unseen = [...own].filter(
      ([name, { type }]) =>
        !used.some((metric) =>
          type === 'histogram' ? metric.replace(/_(bucket|count|sum)$/, '') === name : metric === name,
        ),
    );
    expect(unseen.map(([name]) => name)).toEqual([]);
  });

  it('are about metrics that docs/operations.md lists, all with their labels', () => {
    const listed = [...operations.matchAll(/^\| `(commerce_\w+)` +\| (\w+) +\| ([^|]*?) +\| \S.*\|$/gm)].map(
      ([, name, type, labels = '']) => [
        name,
        type,
        [...labels.matchAll(/`(\w+)`/g)].map(([, label]) => label),
      ],
    );
    const made = [...own].map(([name, { type, labels }]) => [name, type, labels]);
    expect(listed.sort()).toEqual(made.sort());
  });

  it('measure the objectives at bounds that the histograms have', () => {
    const bounds = rules.flatMap(({ expr }) => [...expr.matchAll(/(\w+)_bucket\{le=~"(\d+)/g)]);
    expect(bounds.length).toBeGreaterThan(0);
    for (const [, metric, bound] of bounds)
      expect(text).toContain(`${String(metric)}_bucket{le="${String(bound)}"}`);
  });
});

const operations = readFileSync('docs/operations.md', 'utf8');

describe('Dashboards', () => {
  it('have panels and addresses of their own', () => {
    expect(new Set(dashboards.map(({ uid }) => uid)).size).toBe(dashboards.length);
    for (const { file, uid, panels } of dashboards) {
      expect(file).toBe(`deploy/grafana/dashboards/${uid}.json`);
      expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
    }
  });

  it('are all in ConfigMaps', () => {
    expect(dashboardFilesInConfigMaps).toEqual(dashboards.map(({ file }) => file));
  });

  it('have panels that do not lie on each other', () => {
    const overlaps = charts.filter((one) =>
      charts.some(
        (other) =>
          other.board === one.board &&
          other.id !== one.id &&
          one.gridPos.x < other.gridPos.x + other.gridPos.w &&
          other.gridPos.x < one.gridPos.x + one.gridPos.w &&
          one.gridPos.y < other.gridPos.y + other.gridPos.h &&
          other.gridPos.y < one.gridPos.y + one.gridPos.h,
      ),
    );
    expect(overlaps.map(({ board, title }) => `${board}: ${title}`)).toEqual([]);
    expect(charts.filter(({ gridPos: { x, w } }) => x + w > 24)).toEqual([]);
  });
});

describe('Alerts', () => {
  const kebab = (name: string): string => name.replace(/(?<=[a-z])(?=[A-Z])/g, '-').toLowerCase();
  const names = [...new Set(alerts.map(({ alert }) => alert))];

  it.each(names)('%s has a runbook, which is the one that it names', (name) => {
    const anchor = `alert-${kebab(name)}`;
    const headings = [...operations.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
      heading
        .toLowerCase()
        .replace(/[^\w\s-]/g, '')
        .replaceAll(' ', '-'),
    );
    expect(headings.filter((heading) => heading === anchor)).toHaveLength(1);
    const named = alerts
      .filter(({ alert }) => alert === name)
      .map(({ annotations }) => annotations.runbook_url);
    expect(new Set(named)).toEqual(new Set([`docs/operations.md#${anchor}`]));
  });

  it('are the only ones with a runbook', () => {
    const runbooks = [...operations.matchAll(/^#+ Alert: (.+)$/gm)].map(([, heading = '']) => heading);
    expect(runbooks.map((heading) => heading.replaceAll(' ', '-')).sort()).toEqual(names.map(kebab).sort());
  });

  it('are each tested, at every severity and window, when they fire and when they do not', () => {
    const untested = alerts.filter(
      ({ alert, labels }) =>
        !expectations.some(
          (expected) =>
            expected.alert === alert &&
            expected.labels?.['severity'] === labels.severity &&
            expected.labels['window'] === labels.window,
        ),
    );
    expect(untested.map(({ alert, labels }) => `${alert} ${labels.severity}`)).toEqual([]);
    const neverSilent = names.filter(
      (name) => !expectations.some(({ alert, labels }) => alert === name && labels === undefined),
    );
    expect(neverSilent).toEqual([]);
  });

  it('are the same for the Prometheus operator', () => {
    expect(operatorGroups).toEqual(ruleGroups);
  });
});

describe('Prometheus in docker-compose.yml', () => {
  it('reads every container of the program, on a port that is not published', () => {
    const programs = Object.entries(compose).filter(
      ([name, { image }]) => image.startsWith('order-processing-backend:') && name !== 'deploy',
    );
    const job = scrapedByCompose.find(({ job_name }) => job_name === 'commerce');
    expect(job?.static_configs.flatMap(({ targets }) => targets)).toEqual(
      programs.map(([name]) => `${name}:9100`),
    );
    for (const [, { environment, ports }] of programs) {
      expect(environment).toMatchObject({ OPS_PORT: '9100', OPS_HOST: '0.0.0.0' });
      expect(ports.filter((port) => port.endsWith(':9100'))).toEqual([]);
    }
  });
});

const promtool = process.env['PROMTOOL'] ?? 'promtool';
const hasPromtool = spawnSync(promtool, ['--version']).status === 0;
if (!hasPromtool) {
  process.stderr.write(
    `SKIPPED, NOT PASSED: the alerts. There is no ${promtool}: install Debian's package prometheus, or name one in PROMTOOL.\n`,
  );
}

describe("Prometheus' own tool", () => {
  const run = (...args: readonly string[]) => {
    const { status, stdout, stderr } = spawnSync(promtool, args, { encoding: 'utf8' });
    return { status, output: status === 0 ? '' : stdout + stderr };
  };
  const tested = hasPromtool ? it : it.skip;

  tested('accepts the rules', () => {
    expect(run('check', 'rules', ...ruleFiles)).toEqual({ status: 0, output: '' });
  });

  tested('finds that every alert fires when it should, and only then', () => {
    expect(run('test', 'rules', ...testFiles)).toEqual({ status: 0, output: '' });
  });

  tested('accepts the configuration for Docker Compose', () => {
    const file = 'deploy/compose/prometheus/prometheus.yml';
    expect(run('check', 'config', file)).toEqual({ status: 0, output: '' });
  });
});
