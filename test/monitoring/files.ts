import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';

const namesIn = (folder: string): readonly string[] =>
  readdirSync(folder)
    .sort()
    .map((name) => join(folder, name));
const yaml = (file: string): unknown => parse(readFileSync(file, 'utf8'));

const recording = z.strictObject({ record: z.string(), expr: z.string() });
const alerting = z.strictObject({
  alert: z.string(),
  expr: z.string(),
  for: z.string(),
  labels: z.strictObject({ severity: z.enum(['page', 'ticket']), window: z.string().optional() }),
  annotations: z.strictObject({ summary: z.string(), description: z.string(), runbook_url: z.string() }),
});
export type Alert = z.infer<typeof alerting>;

const groups = z.array(z.strictObject({ name: z.string(), rules: z.array(z.union([recording, alerting])) }));

export const ruleFiles = namesIn('deploy/prometheus/rules');
export const testFiles = namesIn('deploy/prometheus/tests');

export const ruleGroups = ruleFiles.flatMap((file) => z.strictObject({ groups }).parse(yaml(file)).groups);
export const rules = ruleGroups.flatMap((group) => group.rules);
export const alerts = rules.filter((rule) => 'alert' in rule);
export const recordings = rules.filter((rule) => 'record' in rule);

export const operatorGroups = z
  .object({ kind: z.literal('PrometheusRule'), spec: z.strictObject({ groups }) })
  .parse(yaml('deploy/k8s/monitoring/prometheus-rule.yaml')).spec.groups;

const tested = z.object({
  tests: z.array(
    z.object({
      alert_rule_test: z.array(
        z.object({
          alertname: z.string(),
          exp_alerts: z.array(z.object({ exp_labels: z.record(z.string(), z.string()) })).optional(),
        }),
      ),
    }),
  ),
});
/** What the tests expect: an alert by its labels, or `undefined` where it must be silent. */
export const expectations = testFiles
  .flatMap((file) => tested.parse(yaml(file)).tests)
  .flatMap(({ alert_rule_test }) => alert_rule_test)
  .flatMap(({ alertname, exp_alerts }) =>
    (exp_alerts ?? [undefined]).map((expected) => ({ alert: alertname, labels: expected?.exp_labels })),
  );

const source = z.strictObject({ type: z.literal('prometheus'), uid: z.literal('${datasource}') });
const row = z.object({ type: z.literal('row'), id: z.number(), title: z.string().min(1) });
const chart = z.object({
  type: z.enum(['timeseries', 'stat']),
  id: z.number(),
  title: z.string().min(1),
  description: z.string().min(1),
  datasource: source,
  gridPos: z.strictObject({ x: z.number(), y: z.number(), w: z.number(), h: z.number() }),
  fieldConfig: z.object({ defaults: z.object({ unit: z.string().min(1) }) }),
  targets: z
    .array(z.object({ datasource: source, expr: z.string(), legendFormat: z.string().min(1) }))
    .min(1),
});
const dashboard = z.object({
  uid: z.string(),
  title: z.string(),
  panels: z.array(z.union([row, chart])),
  templating: z.object({
    list: z.tuple([z.object({ name: z.literal('datasource'), query: z.literal('prometheus') })]),
  }),
});

export const dashboards = namesIn('deploy/grafana/dashboards').map((file) => ({
  file,
  ...dashboard.parse(JSON.parse(readFileSync(file, 'utf8'))),
}));

export const dashboardFilesInConfigMaps = z
  .object({ configMapGenerator: z.array(z.object({ files: z.array(z.string()) })) })
  .parse(yaml('deploy/grafana/kustomization.yaml'))
  .configMapGenerator.flatMap(({ files }) => files.map((file) => join('deploy/grafana', file)));

export const compose = z
  .object({
    services: z.record(
      z.string(),
      z.object({
        image: z.string(),
        environment: z.record(z.string(), z.string()).default({}),
        ports: z.array(z.string()).default([]),
      }),
    ),
  })
  .parse(parse(readFileSync('docker-compose.yml', 'utf8'), { merge: true })).services;

export const scrapedByCompose = z
  .object({
    scrape_configs: z.array(
      z.object({
        job_name: z.string(),
        static_configs: z.array(z.object({ targets: z.array(z.string()) })),
      }),
    ),
  })
  .parse(yaml('deploy/compose/prometheus/prometheus.yml')).scrape_configs;
