/** Numbers that look random and can be had again from their seed (mulberry32). */
export function randomFrom(given: string | undefined): {
  /** In [0, 1). */
  readonly random: () => number;
  /** An integer in [0, bound). */
  readonly below: (bound: number) => number;
  readonly seed: number;
} {
  const seed = given === undefined ? Math.floor(Math.random() * 2 ** 32) : Number(given);
  let state = seed >>> 0;
  const random = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  return { random, below: (bound) => Math.floor(random() * bound), seed };
}
