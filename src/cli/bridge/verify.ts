import { relaySlot } from '../../bridge/relay.js';
import { topics } from '../../bridge/catalogue.js';
import { Translation } from '../../bridge/translation.js';
import { findingKinds, isClean, Verification, type VerificationResult } from '../../bridge/verification.js';
import { interruption, withPlatform } from '../platform.js';

/** 0: every event up to the bridge's checkpoint has its one record, in order; 1: not; 130: interrupted. */
export const verify = ({ json }: { readonly json: boolean }): Promise<0 | 1 | 130> =>
  withPlatform(async ({ eventStore, messageLog, schemaRegistry }) => {
    const translation = new Translation(schemaRegistry);
    const verification = new Verification({ eventStore, messageLog, translation, topics, slot: relaySlot });
    const signal = interruption();
    const result = await verification.advance(signal);
    console.log(json ? JSON.stringify(result) : report(result));
    if (signal.aborted) return 130;
    return isClean(result) ? 0 : 1;
  });

const report = (result: VerificationResult): string => {
  const { position, events, records, expired, deadLettered, counts, findings } = result;
  return [
    `compared up to  ${position ?? '(nothing is published)'}`,
    `events          ${events}`,
    `records         ${records}`,
    `dead letters    ${deadLettered}`,
    `expired         ${expired}`,
    ...findingKinds.map((kind) => `${kind.padEnd(15)} ${counts[kind]}`),
    ...findings.map((finding) => JSON.stringify(finding)),
    isClean(result) ? 'Store and topics agree.' : 'Store and topics do not agree.',
  ].join('\n');
};
