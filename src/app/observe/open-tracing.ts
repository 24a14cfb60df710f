import { hostname } from 'node:os';
import { exportTraces, type TraceExport } from '../../adapters/observed/trace-export.js';
import { Tracing } from '../../adapters/observed/tracing.js';
import { type Logger } from '../../ports/logger.js';
import { type Config } from '../config.js';
import { version } from '../version.js';

/** Spans go where the configuration says. Without an address there are none, and traces of others pass through. */
export const openTracing = (config: Config, logger: Logger): TraceExport => {
  const { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint } = config;
  if (endpoint === undefined) {
    return { tracing: new Tracing(), lost: () => 0, close: () => Promise.resolve() };
  }
  return exportTraces(
    {
      endpoint,
      headers: config.OTEL_EXPORTER_OTLP_HEADERS ?? {},
      sampler: config.OTEL_TRACES_SAMPLER,
      ratio: config.OTEL_TRACES_SAMPLER_ARG,
      resource: {
        'service.version': version,
        'service.instance.id': `${hostname()}-${process.pid}`,
        'commerce.roles': config.ROLES,
        'commerce.services': config.SERVICES,
        ...config.OTEL_RESOURCE_ATTRIBUTES,
        'service.name': config.OTEL_SERVICE_NAME,
      },
    },
    logger,
  );
};
