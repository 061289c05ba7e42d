import type { Window } from '../time-range.ts';

/** The project's rows within a time: what calls cost is looked up there. */
export interface FilterScope extends Window {
  readonly project: string;
}
