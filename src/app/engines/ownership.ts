import { allProjections } from '../../projections/all.js';
import { type Service, services } from '../config.js';

/** `coordination`: what is no service's own, such as who keeps views at present. */
export type DatabaseOwner = Service | 'coordination';

/** Of the leases that say what is done with a view's storage, or by a job, reaction or consumer. */
const activity = /^(?:projection|verify|reactor|consumer|job):/;

/** Names that do not begin with their service's. */
const ownersByName: Readonly<Record<string, Service>> = { fulfilment: 'order' };

/**
 * Whose database keeps what goes by this name: that of a view, one of its storages, a reaction, a consumer group, a
 * job, or a lease for one of them.
 */
export const ownerOf = (name: string): DatabaseOwner => {
  const subject = name.replace(activity, '');
  const view = allProjections.find(
    ({ projection }) => subject === projection.name || subject.startsWith(`${projection.name}_v`),
  );
  if (view !== undefined) return view.service;
  return (
    ownersByName[subject] ?? services.find((service) => service === subject.split('.')[0]) ?? 'coordination'
  );
};
