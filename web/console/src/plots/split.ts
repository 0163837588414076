/** Where the parts of a whole lie along a bar. Pure. */

/** A part that there is can be seen and hit, however small it is. */
const LEAST = 3;

/** The stretches of parts along `width`, in their order; a part of nothing takes no room. */
export function spreadOf(
  values: readonly number[],
  width: number,
): { from: number; until: number }[] {
  const all = values.reduce((sum, value) => sum + value, 0);
  if (all <= 0) return values.map(() => ({ from: 0, until: 0 }));
  const wanted = values.map((value) => (value > 0 ? Math.max(LEAST, (value / all) * width) : 0));
  // What small ones take beyond their share, the others give.
  const spare = wanted.reduce((sum, size) => sum + size, 0) - width;
  const large = wanted.reduce((sum, size) => (size > LEAST ? sum + size - LEAST : sum), 0);
  const sizes = wanted.map((size) =>
    size > LEAST && large > 0 ? size - (spare * (size - LEAST)) / large : size,
  );
  let from = 0;
  return sizes.map((size) => {
    const span = { from, until: from + size };
    from += size;
    return span;
  });
}
