import { Controller, HttpCode, Post } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { Allows } from '../../http/access.js';
import * as contract from '../../http/contract.js';
import { Exchange, Http } from '../../http/exchange.js';
import {
  Answers,
  idSchema,
  JsonBody,
  PathParam,
  quantitySchema,
  skuSchema,
  textSchema,
} from '../../http/input.js';
import { shipmentDetails } from '../../projections/shipments/shipment-details.js';
import { orderOf, shipmentIn, type ShippingCommand } from './model/shipping.decider.js';
import { ChangeShipping } from './shipping.handlers.js';

const lines = z
  .array(z.strictObject({ sku: skuSchema, quantity: quantitySchema }))
  .min(1)
  .max(200);
const dispatch = z.strictObject({ trackingNumber: textSchema(100) });
const failure = z.strictObject({ reason: textSchema(500) });
const split = z.strictObject({ lines });
const again = z.strictObject({ orderId: idSchema, lines });
const nothing = z.strictObject({});

/** An order's shipments are one stream: If-Match names its revision, whichever shipment is changed. */
@ApiTags('shipments')
@Controller('api/shipments')
export class ShippingController {
  constructor(private readonly commands: CommandBus) {}

  @Post()
  @ApiOperation({ summary: 'Ship again what a failed shipment left over' })
  @Allows('service', 'operator')
  @Answers(201, contract.shipment)
  create(@JsonBody(again) body: z.infer<typeof again>, @Http() http: Exchange) {
    return this.make({ do: 'create', ...body }, body, http);
  }

  @Post(':shipmentId/split')
  @ApiOperation({ summary: 'Put some of a shipment into another one' })
  @Allows('service', 'operator')
  @Answers(201, contract.shipment)
  split(
    @PathParam('shipmentId', idSchema) shipmentId: string,
    @JsonBody(split) body: z.infer<typeof split>,
    @Http() http: Exchange,
  ) {
    return this.make({ do: 'split', orderId: orderOf(shipmentId), shipmentId, ...body }, body, http);
  }

  @Post(':shipmentId/dispatch')
  @ApiOperation({ summary: 'It has left: stock is committed and money captured' })
  @Allows('service', 'operator')
  @HttpCode(200)
  @Answers(200, contract.shipment)
  async dispatch(
    @PathParam('shipmentId', idSchema) shipmentId: string,
    @JsonBody(dispatch) body: z.infer<typeof dispatch>,
    @Http() http: Exchange,
  ) {
    const command = { do: 'dispatch', orderId: orderOf(shipmentId), shipmentId, ...body } as const;
    return this.shipment(shipmentId, await this.change(command, body, http));
  }

  @Post(':shipmentId/deliver')
  @ApiOperation({ summary: 'It has arrived' })
  @Allows('service', 'operator')
  @HttpCode(200)
  @Answers(200, contract.shipment)
  async deliver(
    @PathParam('shipmentId', idSchema) shipmentId: string,
    @JsonBody(nothing) body: z.infer<typeof nothing>,
    @Http() http: Exchange,
  ) {
    const command = { do: 'deliver', orderId: orderOf(shipmentId), shipmentId } as const;
    return this.shipment(shipmentId, await this.change(command, body, http));
  }

  @Post(':shipmentId/fail')
  @ApiOperation({ summary: 'It has failed, before or after it left' })
  @Allows('service', 'operator')
  @HttpCode(200)
  @Answers(200, contract.shipment)
  async fail(
    @PathParam('shipmentId', idSchema) shipmentId: string,
    @JsonBody(failure) body: z.infer<typeof failure>,
    @Http() http: Exchange,
  ) {
    const command = { do: 'fail', orderId: orderOf(shipmentId), shipmentId, ...body } as const;
    return this.shipment(shipmentId, await this.change(command, body, http));
  }

  /** What makes a new shipment. */
  private async make(command: ShippingCommand, input: object, http: Exchange) {
    const accepted = await this.change(command, input, http);
    const [made] = accepted.events.flatMap(({ type, data }) => {
      if (type === 'ShipmentCreated') return [data.shipmentId];
      return type === 'ShipmentSplit' ? [data.newShipmentId] : [];
    });
    if (made === undefined) throw new Error('A shipment that was made has no event.');
    http.answerAt(`/api/shipments/${made}`, 201);
    return this.shipment(made, accepted);
  }

  private async change(command: ShippingCommand, input: object, http: Exchange) {
    const message = new ChangeShipping(command.orderId, command, http.context(input));
    return http.accepted(await this.commands.execute(message));
  }

  private shipment(shipmentId: string, { state, revision }: Awaited<ReturnType<typeof this.change>>) {
    const shipment = shipmentIn(state, shipmentId);
    if (shipment === undefined) throw new Error(`Shipment ${shipmentId} was changed and is not there.`);
    return shipmentDetails(orderOf(shipmentId), shipment, revision);
  }
}
