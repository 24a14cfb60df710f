import { Controller, HttpCode, Inject, Post } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { KEYS, LOGGER } from '../execution/tokens.js';
import { Allows } from '../http/access.js';
import * as contract from '../http/contract.js';
import { Answers, idSchema, PathParam } from '../http/input.js';
import { type Keys } from '../ports/keys.js';
import { type Logger } from '../ports/logger.js';

@ApiTags('operations')
@Controller('api/ops/customers')
export class CustomersController {
  constructor(
    @Inject(KEYS) private readonly keys: Keys,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /**
   * For good: name, e-mail and address of the customer cannot be read again, in events, topics, views and backups of
   * them. Orders, totals and history stay. Said again, it changes nothing.
   */
  @Post(':customerId/forget')
  @ApiOperation({ summary: 'Forget a customer: delete the key of the personal data' })
  @Allows('operator')
  @HttpCode(200)
  @Answers(200, contract.customerForgotten)
  async forget(@PathParam('customerId', idSchema) customerId: string) {
    const hadKey = await this.keys.forget(customerId);
    this.logger.info({ customerId, hadKey }, 'A customer has been forgotten');
    return { customerId, forgotten: hadKey };
  }
}
