/** Where the lines go. */
export interface Output {
  /** Resolves when the reader can take more. */
  result(line: string): Promise<void>;
  problem(line: string): void;
}
