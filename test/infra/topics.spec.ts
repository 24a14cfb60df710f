import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { parse } from '@cdktn/hcl2json';
import { z } from 'zod';
import { bridgeTopicSpecs } from '../../src/bridge/topics.js';
import { topics } from '../../src/bridge/catalogue.js';
import { bridgeDeadLetters } from '../../src/bridge/dead-letter.js';
import { relaySlot } from '../../src/bridge/relay.js';
import { consumerTopicSpecs, subscription, subscriptions } from '../../src/consumers/subscriptions.js';
import { Names } from '../../src/adapters/kafka/names.js';
import { services } from '../../src/app/config.js';

const file = 'infra/terraform/modules/environment/topics.tf';

const localsSchema = z.object({
  locals: z.tuple([
    z.object({
      services: z.array(z.string()),
      subscriptions: z.record(z.string(), z.array(z.string())),
      event_topics: z.string(),
      bridge_dead_letters: z.string(),
      checkpoints: z.string(),
    }),
  ]),
});

describe('The topics of Terraform', () => {
  it('are those of the program', async () => {
    const {
      locals: [locals],
    } = localsSchema.parse(await parse(file, readFileSync(file, 'utf8')));
    const eventTopics = locals.services.map((service) => `commerce.${service}.events`);
    const deadLetters = Object.entries(locals.subscriptions).flatMap(([group, read]) =>
      read.map((topic) => `${topic}.${group}.dead-letters`),
    );
    const program = [...bridgeTopicSpecs(1), ...consumerTopicSpecs(1)];

    expect(locals.services).toEqual([...services].sort());
    expect(locals.event_topics).toBe('${[for service in local.services : "commerce.${service}.events"]}');
    expect(eventTopics).toEqual([...topics].sort());
    expect(locals.bridge_dead_letters).toBe(bridgeDeadLetters);
    expect(locals.checkpoints).toBe(new Names('').checkpoints);
    expect(locals.subscriptions).toEqual(
      Object.fromEntries(
        (Object.keys(subscriptions) as (keyof typeof subscriptions)[]).map((group) => [
          group,
          [...subscription(group).topics].sort(),
        ]),
      ),
    );
    expect([...eventTopics, locals.bridge_dead_letters, ...deadLetters].sort()).toEqual(
      [...new Set(program.map(({ name }) => name))].sort(),
    );
    // Kept for ever: retention.ms = -1 in the same file.
    expect(new Set(program.map(({ retentionMs }) => retentionMs))).toEqual(new Set([null]));
  });

  it.each(['staging', 'prod'])('have in %s as many partitions as the manifests say', (name) => {
    const variables = readFileSync(`infra/terraform/envs/${name}/variables.tf`, 'utf8');
    const settings = readFileSync(`deploy/k8s/overlays/${name}/settings/settings.env`, 'utf8');
    const made = /topic_partitions\s+= optional\(number, (\d+)\)/.exec(variables)?.[1];
    expect(made).toBeDefined();
    expect(/^TOPIC_PARTITIONS=(.*)$/m.exec(settings)?.[1]).toBe(made);
  });

  it('name the transactional id of the bridge', () => {
    expect(readFileSync(file, 'utf8')).toContain(`transactional_id = "${relaySlot}"`);
  });
});
