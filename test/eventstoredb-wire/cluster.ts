import { randomUUID } from 'node:crypto';
import { type sendUnaryData, type ServerUnaryCall } from '@grpc/grpc-js';
import { type Node } from './node.js';
import { features, gossip, shared } from './proto.js';

export interface Member {
  readonly host: string;
  readonly port: number;
  readonly state: 'leader' | 'follower';
  readonly alive: boolean;
}

const { VNodeState } = gossip.MemberInfo;
const states = { leader: VNodeState.LEADER, follower: VNodeState.FOLLOWER };
const ticksAtEpoch = 621_355_968_000_000_000n;
const ticksPerMs = 10_000n;

/** Gossip.Read: who is in the cluster. */
export const readGossip =
  (members: () => readonly Member[]) =>
  (
    _call: ServerUnaryCall<shared.Empty, gossip.ClusterInfo>,
    callback: sendUnaryData<gossip.ClusterInfo>,
  ): void => {
    const infos = members().map(({ host, port, state, alive }) =>
      new gossip.MemberInfo()
        .setInstanceId(new shared.UUID().setString(randomUUID()))
        .setTimeStamp(String(ticksAtEpoch + BigInt(Date.now()) * ticksPerMs))
        .setState(states[state])
        .setIsAlive(alive)
        .setHttpEndPoint(new gossip.EndPoint().setAddress(host).setPort(port)),
    );
    callback(null, new gossip.ClusterInfo().setMembersList(infos));
  };

const streamsService = 'event_store.client.streams.streams';
const methods = [
  { service: streamsService, method: 'read', features: ['position', 'events'] },
  { service: streamsService, method: 'append', features: [] },
  { service: streamsService, method: 'delete', features: [] },
  { service: streamsService, method: 'tombstone', features: [] },
  { service: streamsService, method: 'batchappend', features: [] },
  { service: 'event_store.client.gossip.gossip', method: 'read', features: [] },
  {
    service: 'event_store.client.server_features.serverfeatures',
    method: 'getsupportedmethods',
    features: [],
  },
];

/** GetSupportedMethods: what is there, in lower case, nothing else. */
export const supportedMethods =
  ({ faults, profile, batch }: Node) =>
  (
    _call: ServerUnaryCall<shared.Empty, features.SupportedMethods>,
    callback: sendUnaryData<features.SupportedMethods>,
  ): void => {
    if (faults.silentFeatures) return;
    const listed = methods
      .filter(({ method }) => batch || method !== 'batchappend')
      .map(({ service, method, features: list }) =>
        new features.SupportedMethod().setServiceName(service).setMethodName(method).setFeaturesList(list),
      );
    callback(
      null,
      new features.SupportedMethods().setEventStoreServerVersion(profile.version).setMethodsList(listed),
    );
  };
