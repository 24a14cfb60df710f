import { describeCheckpointsContract } from '../../testing/checkpoints.contract.js';
import { describeGenerationsContract } from '../../testing/generations.contract.js';
import { describeLeasesContract } from '../../testing/leases.contract.js';
import { describeViewsContract } from '../../testing/views.contract.js';
import { MongoCheckpoints } from './checkpoints.js';
import { MongoGenerations } from './generations.js';
import { MongoLeases } from './leases.js';
import { mongoSite } from './testing/site.js';
import { MongoViews } from './views.js';

const name = 'MongoDB';

describeViewsContract(name, () => {
  const { databases, another, dispose } = mongoSite();
  return Promise.resolve({
    views: new MongoViews(databases),
    leases: new MongoLeases(databases),
    another: () => Promise.resolve(new MongoViews(another())),
    dispose,
  });
});

describeLeasesContract(name, () => {
  const { databases, another, dispose } = mongoSite();
  return Promise.resolve({
    leases: new MongoLeases(databases),
    another: () => Promise.resolve(new MongoLeases(another())),
    dispose,
  });
});

describeGenerationsContract(name, () => {
  const { databases, another, dispose } = mongoSite();
  return Promise.resolve({
    generations: new MongoGenerations(databases),
    another: () => Promise.resolve(new MongoGenerations(another())),
    dispose,
  });
});

describeCheckpointsContract(name, () => {
  const { databases, another, dispose } = mongoSite();
  return Promise.resolve({
    checkpoints: new MongoCheckpoints(databases),
    leases: new MongoLeases(databases),
    another: () => Promise.resolve(new MongoCheckpoints(another())),
    dispose,
  });
});
