import { type Proposed, uuidText } from './frames.js';
import { type streams } from './proto.js';

type Message = streams.AppendReq.ProposedMessage | streams.BatchAppendReq.ProposedMessage;

/** @returns undefined when the required properties `type` and `content-type`, or the id, are missing. */
export const proposedOf = (message: Message): Proposed | undefined => {
  const properties = message.getMetadataMap();
  const id = uuidText(message.getId());
  const type = properties.get('type');
  const contentType = properties.get('content-type');
  if (id === undefined || type === undefined || contentType === undefined) return undefined;
  return {
    id,
    type,
    contentType,
    metadata: message.getCustomMetadata_asU8(),
    data: message.getData_asU8(),
  };
};
