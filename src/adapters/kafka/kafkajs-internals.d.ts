/** https://kafka.apache.org/protocol: Produce response, version 7. */
declare module 'kafkajs/src/protocol/requests/produce/v7/response.js' {
  const response: {
    decode(bytes: Buffer): Promise<unknown>;
    /** @throws KafkaJSProtocolError when a partition has an error */
    parse(decoded: unknown): Promise<unknown>;
  };
  export default response;
}

/** kafkajs' encoders, which specs compare with. */
declare module 'kafkajs/src/protocol/recordBatch/v0/index.js' {
  const batches: {
    RecordBatch(options: object): Promise<{ readonly buffer: Buffer }>;
  };
  export default batches;
}

declare module 'kafkajs/src/protocol/recordBatch/record/v0/index.js' {
  const record: (options: object) => object;
  export default record;
}
