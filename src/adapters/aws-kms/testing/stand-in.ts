import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { type AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { z } from 'zod';

const generateDataKey = z.object({
  KeyId: z.string(),
  KeySpec: z.literal('AES_256'),
  EncryptionContext: z.record(z.string(), z.string()),
});
const decrypt = z.object({
  KeyId: z.string(),
  CiphertextBlob: z.string(),
  EncryptionContext: z.record(z.string(), z.string()),
});

/**
 * Not KMS: as much of its JSON protocol as two commands need, with a key in memory, so that the adapter's own client
 * has something to talk to. What KMS does beyond that (grants, policies, rotation, throttling) is not here.
 */
export class KmsStandIn {
  readonly keyId = 'alias/customers';
  /** Of each command, how often it was asked. */
  readonly asked = { GenerateDataKey: 0, Decrypt: 0 };
  /** Every request is answered with this. */
  failure: { readonly status: number; readonly type: string } | undefined;
  private readonly master = randomBytes(32);

  private constructor(private readonly server: Server) {}

  static async start(): Promise<KmsStandIn> {
    const server = createServer();
    const standIn = new KmsStandIn(server);
    server.on('request', (request, response) => {
      void standIn.answer(request).then(({ status, body }) => {
        response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1' });
        response.end(JSON.stringify(body));
      });
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return standIn;
  }

  /** What the SDK's client is to be made with. */
  get client() {
    const { port } = this.server.address() as AddressInfo;
    return {
      region: 'eu-central-1',
      endpoint: `http://127.0.0.1:${port}`,
      credentials: { accessKeyId: 'nobody', secretAccessKey: 'nothing' },
      maxAttempts: 1,
    };
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, 'close');
  }

  private async answer(request: IncomingMessage): Promise<{ status: number; body: object }> {
    const body: unknown = JSON.parse(await text(request));
    if (this.failure !== undefined) {
      return { status: this.failure.status, body: { __type: this.failure.type, message: 'as told' } };
    }
    switch (request.headers['x-amz-target']) {
      case 'TrentService.GenerateDataKey': {
        this.asked.GenerateDataKey += 1;
        const { KeyId, EncryptionContext } = generateDataKey.parse(body);
        if (KeyId !== this.keyId) return refusal('NotFoundException');
        const plain = randomBytes(32);
        return {
          status: 200,
          body: {
            KeyId,
            Plaintext: plain.toString('base64'),
            CiphertextBlob: this.wrap(plain, EncryptionContext).toString('base64'),
          },
        };
      }
      case 'TrentService.Decrypt': {
        this.asked.Decrypt += 1;
        const { KeyId, CiphertextBlob, EncryptionContext } = decrypt.parse(body);
        const plain = this.unwrap(Buffer.from(CiphertextBlob, 'base64'), EncryptionContext);
        if (plain === undefined) return refusal('InvalidCiphertextException');
        return { status: 200, body: { KeyId, Plaintext: plain.toString('base64') } };
      }
      default:
        return refusal('UnknownOperationException');
    }
  }

  private wrap(plain: Buffer, context: object): Buffer {
    const nonce = randomBytes(12);
    const cipher = createCipheriv('aes-256-gcm', this.master, nonce);
    cipher.setAAD(Buffer.from(JSON.stringify(context)));
    return Buffer.concat([nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
  }

  private unwrap(blob: Buffer, context: object): Buffer | undefined {
    const decipher = createDecipheriv('aes-256-gcm', this.master, blob.subarray(0, 12));
    decipher.setAAD(Buffer.from(JSON.stringify(context)));
    decipher.setAuthTag(blob.subarray(-16));
    try {
      return Buffer.concat([decipher.update(blob.subarray(12, -16)), decipher.final()]);
    } catch {
      return undefined;
    }
  }
}

const refusal = (type: string) => ({ status: 400, body: { __type: type, message: type } });
