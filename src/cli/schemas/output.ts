/** Where the lines go. */
export interface Output {
  result(line: string): void;
  problem(line: string): void;
}
