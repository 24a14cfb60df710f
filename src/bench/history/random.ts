/** The same numbers for the same seed, everywhere (sfc32: https://pracrand.sourceforge.net/RNG_engines.txt). */
export class Random {
  private a = 0;
  private b = 0;
  private c: number;
  private counter = 1;

  constructor(seed: number) {
    this.c = seed;
    for (let round = 0; round < 12; round += 1) this.next();
  }

  /** From 0 to 2³² − 1. */
  next(): number {
    const sum = (this.a + this.b + this.counter) | 0;
    this.counter = (this.counter + 1) | 0;
    this.a = this.b ^ (this.b >>> 9);
    this.b = (this.c + (this.c << 3)) | 0;
    this.c = (((this.c << 21) | (this.c >>> 11)) + sum) | 0;
    return sum >>> 0;
  }

  /** From 0 to the bound, without it. */
  below(bound: number): number {
    return Math.floor((this.next() / 0x1_0000_0000) * bound);
  }

  chance(probability: number): boolean {
    return this.next() < probability * 0x1_0000_0000;
  }

  /** Version 4. */
  uuid(): string {
    const [one, two, three, four] = [this.next(), this.next(), this.next(), this.next()];
    return (
      `${half(one >>> 16)}${half(one)}-${half(two >>> 16)}-${half((two & 0x0fff) | 0x4000)}-` +
      `${half(((three >>> 16) & 0x3fff) | 0x8000)}-${half(three)}${half(four >>> 16)}${half(four)}`
    );
  }
}

const halves = Array.from({ length: 0x1_0000 }, (_, number) => number.toString(16).padStart(4, '0'));

/** The lower 16 bits. */
const half = (number: number): string => halves[number & 0xffff] ?? '';
