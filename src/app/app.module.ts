import { type DynamicModule, Module } from '@nestjs/common';
import { CqrsModule } from '@nestjs/cqrs';
import { DeadLettersController } from '../consumers/dead-letters.controller.js';
import { EventStreams } from '../http/event-streams.js';
import { OrderLive } from '../projections/order-status/order-live.js';
import { ProjectionFeed } from '../projections/rebuild/projection-feed.js';
import { ProjectionsController } from '../projections/rebuild/projections.controller.js';
import { ServingViews } from '../projections/serving-views.js';
import { type Config } from './config.js';
import { CustomersController } from './customers.controller.js';
import { HealthController, Lifecycle } from './health.controller.js';
import { type Platform, platformProviders } from './platform.js';
import { serviceParts } from './services.js';

/** The ports, for every module. */
@Module({})
class PlatformModule {}

@Module({})
export class AppModule {
  static of(config: Config, platform: Platform, lifecycle: Lifecycle): DynamicModule {
    const parts = config.SERVICES.map((service) => serviceParts[service]);
    const providers = [...platformProviders(platform, config), ServingViews, EventStreams, OrderLive];
    return {
      module: AppModule,
      imports: [
        CqrsModule.forRoot(),
        { module: PlatformModule, global: true, providers, exports: providers },
        ...parts.map(({ module }) => module),
      ],
      controllers: [
        HealthController,
        ...(config.ROLES.includes('api')
          ? [
              CustomersController,
              DeadLettersController,
              ProjectionsController,
              ...parts.flatMap(({ controllers }) => controllers),
            ]
          : []),
      ],
      providers: [
        { provide: Lifecycle, useValue: lifecycle },
        ProjectionFeed,
        ...parts.flatMap(({ queryHandlers }) => queryHandlers),
      ],
    };
  }
}
