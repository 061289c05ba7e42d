/** What the sources of a panel's numbers have in common. */
import type { DashboardPanel, PanelData, PanelQuery } from '@sightline/schema/api';
import { SightlineError } from '@sightline/schema/errors';
import type { ValueQuery } from '@sightline/schema/rules';
import type { SqlRunner } from '../catalog/catalog-database.ts';
import type { Expression } from '../promql/ast.ts';
import type { ErrorDecisions } from '../query/errors/grouped-errors.ts';
import type { PanelContext } from '../query/alerts/kept-histories.ts';
import type { TimeRange } from '../query/time-range.ts';
import type { VariableValues } from './fill-variables.ts';
import type { PanelGrid } from './panel-grid.ts';
import type { WordsBatch } from './words-batch.ts';

export type Unit = PanelData['unit'];
export type Series = PanelData['series'][number];
export type Total = PanelData['totals'][number];
export type Table = NonNullable<PanelData['table']>;
export type SpreadData = NonNullable<PanelData['spread']>;

/** Where a question is asked: its range, the steps of it, and the values of the variables. */
export interface PanelScope {
  readonly context: PanelContext;
  readonly panel: DashboardPanel;
  readonly range: TimeRange;
  readonly grid: PanelGrid;
  readonly values: VariableValues;
  readonly words: WordsBatch;
  readonly catalog: SqlRunner;
  /** What people decided about errors. */
  readonly readDecisions: () => Promise<ErrorDecisions>;
  /** The range as it was asked. */
  readonly asked: { readonly from: string; readonly to: string };
}

/** A question whose past says what is expected of it. */
export type BandQuestion =
  | {
      readonly kind: 'value';
      readonly query: Omit<ValueQuery, 'windowS'> & { readonly windowS: number | undefined };
    }
  | { readonly kind: 'promql'; readonly text: string; readonly expression: Expression };

/** One question of a panel, read; each method asks the store. */
export interface PanelSource {
  readonly unit: Unit;
  /** Whether it reads runs, which are settled a moment after their spans came. */
  readonly isOfRuns?: boolean;
  /** What the answers left out, known once they are there. */
  readonly notes: readonly string[];
  series(): Promise<readonly Series[]>;
  /** The whole range, and the one before. */
  totals(): Promise<readonly Total[]>;
  table?(): Promise<Table>;
  spread?(): Promise<SpreadData>;
  /** What is asked of the past, where something can be expected of the value. */
  readonly bandQuestion?: BandQuestion;
}

export function badPanel(message: string, hint = ''): SightlineError {
  return new SightlineError('bad_panel', message, {
    hint: hint === '' ? 'Panels are described in docs/dashboards.md.' : hint,
  });
}

/** What a line is called: as its question says, else by its labels. */
export function nameOf(query: PanelQuery, labels: Readonly<Record<string, string>>): string {
  if (query.name !== '')
    return query.name.replaceAll(/\{\{\s*([\w.]+)\s*\}\}/g, (_whole, label: string) => labels[label] ?? '');
  const own = Object.entries(labels).filter(([name, value]) => name !== '__name__' && value !== '');
  if (own.length > 0) return own.map(([, value]) => value).join(' · ');
  return labels['__name__'] ?? query.text.replaceAll(/\s+/g, ' ').trim().slice(0, 80);
}

export const lengthS = ({ from, to }: { readonly from: bigint; readonly to: bigint }): number =>
  Number(to - from) / 1e9;
