/** So many workers take items from one source. The first failure ends the source; then it is thrown. */
export const inParallel = async <Item>(
  workers: number,
  source: IterableIterator<Item> | AsyncGenerator<Item>,
  work: (item: Item) => Promise<void>,
): Promise<void> => {
  let failed = false;
  const worker = async (): Promise<void> => {
    // Leaving the loop by a throw closes the generator for all of them.
    for await (const item of source) {
      if (failed) return;
      await work(item).catch((error: unknown) => {
        failed = true;
        throw error;
      });
    }
  };
  const results = await Promise.allSettled(Array.from({ length: workers }, worker));
  for (const result of results) if (result.status === 'rejected') throw result.reason;
};
