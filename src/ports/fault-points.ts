/** Told where the work has got to, so that a test can end the process at exactly that point. */
export type FaultPoints = (point: string) => void;
