import { unixNano } from '@sightline/base';
import {
  type ErrorGroupFacts,
  errorsParameters,
  type ErrorsResponse,
  type PanelQuery,
} from '@sightline/schema/api';
import { compileMatchers } from '../alerts/label-matchers.ts';
import { readAlerts } from '../alerts/read-alerts.ts';
import { describeSlos, readSloHistory } from '../alerts/slos/describe-slos.ts';
import { listSlos, type StoredSlo } from '../catalog/slos.ts';
import { findErrors } from '../query/errors/find-errors.ts';
import type { Steps } from '../query/errors/group-rows.ts';
import { fillFilter } from './fill-variables.ts';
import {
  badPanel,
  nameOf,
  type PanelScope,
  type PanelSource,
  type Series,
  type Table,
  type Total,
} from './panel-answer.ts';

type Asked = Extract<PanelQuery, { type: 'list' }>;

const rowsMax = 100;
const linesMax = 40;

interface Listed {
  readonly count: number;
  readonly table: Table;
}

/** Alerts that fire, SLOs, and errors by cause, as their pages list them. */
export class ListSource implements PanelSource {
  readonly unit: 'none' | 'ratio';
  readonly notes: string[] = [];
  readonly #scope: PanelScope;
  readonly #asked: Asked;
  readonly #text: string;

  constructor(asked: Asked, scope: PanelScope) {
    this.#asked = asked;
    this.#scope = scope;
    const isOverTime = ['lines', 'bars', 'stacked'].includes(scope.panel.kind);
    this.unit = asked.of === 'slos' && isOverTime ? 'ratio' : 'none';
    const text = fillFilter(asked.text, scope.values);
    this.#text = text.trim() === '*' ? '' : text.trim();
  }

  async series(): Promise<readonly Series[]> {
    switch (this.#asked.of) {
      case 'alerts':
        throw badPanel('Alerts have no values over time.', 'Show them as a table or a number.');
      case 'slos':
        return this.#budgets();
      case 'errors':
        return this.#occurrences();
    }
  }

  /** How often each of the most frequent errors happened. */
  async #occurrences(): Promise<readonly Series[]> {
    const { firstMs, stepMs, count } = this.#scope.grid;
    const from = unixNano(BigInt(firstMs) * 1_000_000n);
    const { errors, groups } = await this.#findErrors(linesMax, { from, stepMs, count });
    if (groups > errors.length)
      this.notes.push(`The ${errors.length} most frequent of ${groups} errors are drawn.`);
    return errors.map(({ id, type, title, counts }) => {
      const error = titleOf({ type, title });
      return {
        name: nameOf(this.#asked, { error }),
        labels: { error, id },
        values: counts,
        behind: pageOfError(id),
      };
    });
  }

  /** What was left of the budget of each SLO. */
  async #budgets(): Promise<readonly Series[]> {
    const { context, catalog, grid } = this.#scope;
    const nowMs = Number(context.clock.now() / 1_000_000n);
    const all: Series[] = [];
    for (const stored of (await this.#meantSlos()).slice(0, linesMax)) {
      const { points, stepS } = await readSloHistory(catalog, stored, nowMs);
      const values = grid.times.map((time) => {
        const at = Math.min(time + grid.stepMs / 1000, nowMs / 1000);
        const point = points[Math.floor((at - (points[0]?.at ?? 0)) / stepS)];
        return point?.left ?? null;
      });
      const { name } = stored.slo;
      all.push({
        name: nameOf(this.#asked, { slo: name }),
        labels: { slo: name },
        values,
        behind: pageOfSlo(stored.id),
      });
    }
    return all;
  }

  /** All, or the one that the text names. */
  async #meantSlos(): Promise<readonly StoredSlo[]> {
    const { context, catalog } = this.#scope;
    const slos = await listSlos(catalog, context.project);
    if (this.#text === '') return slos;
    const meant = slos.filter(({ slo }) => slo.name === this.#text);
    if (meant.length === 0)
      throw badPanel(
        `There is no SLO called "${this.#text}".`,
        'Write the name of one as it is listed, or nothing for all of them.',
      );
    return meant;
  }

  async totals(): Promise<readonly Total[]> {
    const { name, of } = this.#asked;
    if (of === 'errors' && this.#errorId !== undefined) {
      const { errors, total } = await this.#findErrors(1);
      const [error] = errors;
      const own = error === undefined ? this.#errorId : titleOf(error);
      const behind = pageOfError(this.#errorId);
      return [{ name: name === '' ? own : name, labels: {}, value: total, before: null, behind }];
    }
    const { count } = await this.#read();
    const behind = of === 'errors' ? { list: of, q: this.#text } : { path: `/${of}` };
    return [{ name: name === '' ? of : name, labels: {}, value: count, before: null, behind }];
  }

  async table(): Promise<Table> {
    const { count, table } = await this.#read();
    if (count > table.rows.length) this.notes.push(`The first ${table.rows.length} of ${count} are listed.`);
    return table;
  }

  async #read(): Promise<Listed> {
    switch (this.#asked.of) {
      case 'alerts':
        return this.#alerts();
      case 'slos':
        return this.#slos();
      case 'errors':
        return this.#errors();
    }
  }

  async #alerts(): Promise<Listed> {
    const { context, catalog } = this.#scope;
    const isMeant = compileMatchers(this.#text);
    const { alerts } = await readAlerts(catalog, context.project);
    const firing = alerts
      .filter(({ state, labels }) => state !== 'pending' && isMeant(labels))
      .toSorted((a, b) => ((a.firingSince ?? '') < (b.firingSince ?? '') ? 1 : -1));
    const shown = firing.slice(0, rowsMax);
    return {
      count: firing.length,
      table: {
        columns: [text('alert'), text('severity'), text('since'), text('what')],
        rows: shown.map(({ rule, severity, firingSince, summary }) => [rule, severity, firingSince, summary]),
        behind: shown.map(({ ruleId }) => ({ path: `/alerts/rule?id=${encodeURIComponent(ruleId)}` })),
      },
    };
  }

  async #slos(): Promise<Listed> {
    const { context, catalog } = this.#scope;
    const nowMs = Number(context.clock.now() / 1_000_000n);
    const slos = await describeSlos(catalog, await this.#meantSlos(), { nowMs });
    const shown = slos.slice(0, rowsMax);
    return {
      count: slos.length,
      table: {
        columns: [
          text('slo'),
          text('status'),
          { name: 'good', isNumber: true, unit: 'ratio' },
          { name: 'budget left', isNumber: true, unit: 'ratio' },
        ],
        rows: shown.map(({ name, state }) => [name, state.status.replace('_', ' '), state.share, state.left]),
        behind: shown.map(({ id }) => pageOfSlo(id)),
      },
    };
  }

  async #errors(): Promise<Listed> {
    const found = await this.#findErrors(rowsMax);
    return {
      count: found.groups,
      table: {
        columns: [text('error'), number('times'), number('runs'), text('service'), text('last')],
        rows: found.errors.map(({ type, title, services, count, runs, lastTime }) => [
          titleOf({ type, title }),
          count,
          runs,
          services.join(', '),
          lastTime,
        ]),
        behind: found.errors.map(({ id }) => pageOfError(id)),
      },
    };
  }

  /** The one that the text names, whatever was decided about it; otherwise the open ones of the traces that meet it. */
  async #findErrors(limit: number, steps?: Steps): Promise<ErrorsResponse> {
    const { context, readDecisions, asked } = this.#scope;
    const id = this.#errorId;
    const parameters = errorsParameters.parse({
      ...asked,
      ...(id === undefined ? { q: this.#text === '' ? undefined : this.#text } : { status: 'all' }),
      sort: '-count',
      limit,
    });
    return findErrors(context, await readDecisions(), parameters, {
      ...(steps === undefined ? {} : { steps }),
      ...(id === undefined ? {} : { id }),
    });
  }

  get #errorId(): string | undefined {
    return /^[0-9a-f]{16}$/.test(this.#text) ? this.#text : undefined;
  }
}

const pageOfError = (id: string) => ({ path: `/errors/${encodeURIComponent(id)}` });
const pageOfSlo = (id: string) => ({ path: `/slos?slo=${encodeURIComponent(id)}` });

const titleOf = ({ type, title }: Pick<ErrorGroupFacts, 'type' | 'title'>): string =>
  title === '' ? type : title;

type Column = Table['columns'][number];
const text = (name: string): Column => ({ name, isNumber: false, unit: 'none' });
const number = (name: string): Column => ({ name, isNumber: true, unit: 'none' });
