/** Does the work once; again only after it has failed. */
export const untilDone = <Result>(work: () => Promise<Result>): (() => Promise<Result>) => {
  let doing: Promise<Result> | undefined;
  return () =>
    (doing ??= work().catch((error: unknown) => {
      doing = undefined;
      throw error;
    }));
};
