export { rowWriters, type RowWriter } from './row-writers.ts';
