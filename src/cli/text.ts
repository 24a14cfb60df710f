/** How the tools write for people. */

const count = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });

export const formatCount = (value: number): string => count.format(value);

/** One line without anything that a terminal would obey. */
export const clean = (text: string, longest = 120): string => {
  const line = text.replace(/[\u0000-\u001f\u007f-\u009f]+/g, ' ');
  return line.length > longest ? `${line.slice(0, longest - 1)}…` : line;
};

export const indent = (text: string, by = '  '): string =>
  text
    .split('\n')
    .map((line) => `${by}${clean(line, 1_000)}`)
    .join('\n');

/** The first row is the heading. */
export const table = (rows: readonly (readonly string[])[]): string => {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
};

const barWidth = 28;

/** @param part 0 to 1 */
export const bar = (part: number): string => {
  const filled = Math.floor(part * barWidth);
  return `[${'#'.repeat(filled)}${'-'.repeat(barWidth - filled)}]`;
};

export const percent = (part: number): string => `${Math.floor(part * 100)} %`;

/** Minutes and seconds: `0:06`. */
export const clock = (seconds: number): string => {
  const whole = Math.ceil(seconds);
  return `${Math.floor(whole / 60)}:${(whole % 60).toString().padStart(2, '0')}`;
};

/** Empties the line of a terminal that the cursor is in. */
export const clearLine = '\r\u001b[2K';
