import { type FaultPoints } from '../ports/fault-points.js';

/** Where a test may have the process killed (FAULT_POINT): around the one transaction in which the relay publishes. */
export const faultPoints = [
  'relay.before-publish',
  'log.amid-publish',
  'log.before-commit',
  'relay.after-commit',
] as const;

/** @param setting `<point>:<n>`: as with kill -9, when the point is reached for the n-th time. */
export const faultPointsOf = (setting: string | undefined): FaultPoints | undefined => {
  if (setting === undefined) return undefined;
  const [point, nth] = setting.split(':');
  let left = Number(nth ?? 1);
  return (reached) => {
    if (reached !== point) return;
    left -= 1;
    if (left === 0) process.kill(process.pid, 'SIGKILL');
  };
};
