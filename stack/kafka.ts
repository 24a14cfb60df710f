import { randomBytes } from 'node:crypto';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Kafka, logLevel } from 'kafkajs';
import { cached, execute, maven, verify } from './downloads.ts';
import { type Engine } from './engine.ts';
import { findJava } from './java.ts';
import { type Settings } from './settings.ts';

/** One node in KRaft mode, broker and controller. */
export const kafka = (settings: Settings): Engine => {
  const {
    KAFKA_VERSION: version,
    STACK_KAFKA_PORT: port,
    STACK_KAFKA_CONTROLLER_PORT: controller,
    STACK_KAFKA_ADVERTISED: address = `127.0.0.1:${port}`,
  } = settings;
  return {
    name: 'kafka',
    title: `Apache Kafka ${version}`,
    address,
    ports: [port, controller],
    environment: {
      KAFKA_BROKERS: address,
      // There is one broker.
      KAFKA_REPLICATION_FACTOR: '1',
      KAFKA_MIN_INSYNC_REPLICAS: '1',
    },
    command: async (folder) => {
      const java = await findJava(17);
      const jars = await cached(`kafka-${version}`, async (target) => {
        await maven(
          'copy-dependencies',
          ...['-f', join(import.meta.dirname, 'kafka.pom.xml'), `-Dkafka.version=${version}`],
          ...['-DincludeScope=runtime', `-DoutputDirectory=${target}`],
        );
        await verify(`kafka-${version}`, target);
      });
      const classpath = ['-cp', join(jars, '*')];
      // An older version cannot read what a newer one has written.
      const data = join(folder, version);
      const file = join(folder, 'server.properties');
      writeFileSync(file, properties(port, controller, address, data));
      if (!existsSync(join(data, 'meta.properties'))) {
        const cluster = randomBytes(16).toString('base64url');
        const format = ['format', '--ignore-formatted', '--cluster-id', cluster, '--config', file];
        await execute(java, [...classpath, 'kafka.tools.StorageTool', ...format]);
      }
      return {
        file: java,
        args: ['-XX:+UseSerialGC', '-Xms128m', '-Xmx512m', ...classpath, 'kafka.Kafka', file],
      };
    },
    probe: async () => {
      const admin = new Kafka({
        brokers: [address],
        logLevel: logLevel.NOTHING,
        connectionTimeout: 1_000,
        requestTimeout: 5_000,
        retry: { retries: 0 },
      }).admin();
      try {
        await admin.connect();
        const { brokers } = await admin.describeCluster();
        if (brokers.length === 0) throw new Error('The broker is still fenced.');
      } finally {
        await admin.disconnect();
      }
    },
  };
};

const properties = (port: number, controller: number, advertised: string, data: string): string => `\
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:${controller}
listeners=PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controller}
advertised.listeners=PLAINTEXT://${advertised}
controller.listener.names=CONTROLLER
inter.broker.listener.name=PLAINTEXT
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
log.dirs=${data}
num.partitions=1
auto.create.topics.enable=false
offsets.topic.replication.factor=1
offsets.topic.num.partitions=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=1
group.initial.rebalance.delay.ms=0
# After kill -9 a node gets its place back in 3 s instead of 12.
broker.session.timeout.ms=1500
broker.heartbeat.interval.ms=300
transaction.abort.timed.out.transaction.cleanup.interval.ms=1000
log.cleaner.dedupe.buffer.size=16777216
`;
