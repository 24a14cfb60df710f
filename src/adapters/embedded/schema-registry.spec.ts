import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Child } from '../../testing/child.js';
import { type RegistryReport } from '../../testing/registry.child.js';
import { openEmbedded } from './index.js';

const engineUrl = new URL('../../../dist/adapters/embedded/index.js', import.meta.url).href;
const subjectCount = 25;
type Registered = Extract<RegistryReport, { told: 'shared' | 'own' }>;

const isRegistered = (report: RegistryReport): report is Registered =>
  report.told === 'shared' || report.told === 'own';
const isDone = ({ told }: RegistryReport) => told === 'done';

describe('Embedded schema registry, in several processes', () => {
  let dataDir: string;
  const children: Child<RegistryReport>[] = [];
  const spawn = (): Child<RegistryReport> => {
    const child = new Child<RegistryReport>('registry', engineUrl, dataDir, String(subjectCount));
    children.push(child);
    return child;
  };

  beforeEach(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'registry-processes-'));
  });
  afterEach(async () => {
    await Promise.all(children.splice(0).map((child) => child.kill()));
    await rm(dataDir, { recursive: true });
  });

  const registered = async () => {
    const engine = openEmbedded({ dataDir });
    const all = await engine.schemaRegistry.histories('');
    await engine.close();
    return all.map(({ subject, version, id }) => ({ subject, version, id }));
  };

  it('gives all of them one version and id of a schema, and lets one through of those that exclude each other', async () => {
    const four = Array.from({ length: 4 }, spawn);
    await Promise.all(four.map((child) => child.waitFor('its end', (reports) => reports.some(isDone))));
    const told = four.flatMap((child) => child.all(isRegistered));
    const stored = await registered();
    const versions = Array.from({ length: subjectCount }, (_, at) => [
      { subject: `subject-${at}`, version: 1 },
      { subject: `subject-${at}`, version: 2 },
    ]).flat();
    expect(stored.map(({ subject, version }) => ({ subject, version })).toSorted(byName)).toEqual(
      versions.toSorted(byName),
    );
    // No two schemas share an id, and what anybody was told is what is there.
    expect(new Set(stored.map(({ id }) => id)).size).toBe(stored.length);
    expect(told.filter(({ told: kind }) => kind === 'shared')).toHaveLength(4 * subjectCount);
    expect(told.filter(({ told: kind }) => kind === 'own')).toHaveLength(subjectCount);
    for (const { subject, version, id } of told) expect(stored).toContainEqual({ subject, version, id });
  });

  it('keeps what it has acknowledged when it is killed', async () => {
    const killed = spawn();
    await killed.waitFor('some registrations', (reports) => reports.length > 10);
    await killed.kill();
    const after = await registered();
    for (const { subject, version, id } of killed.all(isRegistered)) {
      expect(after).toContainEqual({ subject, version, id });
    }
    const successor = spawn();
    await successor.waitFor('its end', (reports) => reports.some(isDone));
    const stored = await registered();
    expect(stored).toEqual(expect.arrayContaining(after));
    expect(new Set(stored.map(({ id }) => id)).size).toBe(stored.length);
  });
});

const byName = (a: { readonly subject: string; readonly version: number }, b: typeof a): number =>
  a.subject.localeCompare(b.subject) || a.version - b.version;
