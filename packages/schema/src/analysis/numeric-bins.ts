/** Numbers as ranges that hold about as many items each, so that numbers are compared as other values are. */
export interface NumericBins {
  /** Lower edges, ascending; a bin reaches to the next edge, the last one to the end. */
  readonly edges: readonly number[];
  readonly binOf: (value: number) => number;
}

const binsMax = 10;

export function binNumbers(values: readonly number[] | Float64Array): NumericBins {
  const sorted = Float64Array.from(values).sort();
  const edges = Array.from(
    { length: binsMax },
    (_, bin) => sorted[Math.floor((bin * sorted.length) / binsMax)] ?? 0,
  ).filter((edge, index, all) => index === 0 || edge > (all[index - 1] ?? edge));
  return {
    edges,
    binOf: (value) => {
      let bin = 0;
      while (bin + 1 < edges.length && value >= (edges[bin + 1] ?? Number.POSITIVE_INFINITY)) bin++;
      return bin;
    },
  };
}
