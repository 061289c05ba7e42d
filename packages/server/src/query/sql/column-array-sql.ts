/**
 * All values of an expression in the order of the rows, so that several of them side by side are the rows by columns. `groupArray` alone is not: without
 * GROUP BY the engine gives it the values of a sparse column first and its zeros after them, and a column of a part is sparse where nearly all values are zero,
 * such as the status of spans that did not fail. `materialize` fills the zeros in. NULLs are left out: put them into a tuple.
 */
export const columnArray = (value: string): string => `groupArray(materialize(${value}))`;
