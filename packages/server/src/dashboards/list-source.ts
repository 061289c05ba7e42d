import { type PanelQuery, errorsParameters } from '@sightline/schema/api';
import { compileMatchers } from '../alerts/label-matchers.ts';
import { readAlerts } from '../alerts/read-alerts.ts';
import { describeSlos, readSloHistory } from '../alerts/slos/describe-slos.ts';
import { listSlos, type StoredSlo } from '../catalog/slos.ts';
import { findErrors } from '../query/errors/find-errors.ts';
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

  /** What was left of the budget of each SLO. */
  async series(): Promise<readonly Series[]> {
    if (this.#asked.of !== 'slos')
      throw badPanel(
        'This list has no values over time.',
        'Show it as a table or a number. Errors over time are count(status:error) by service.',
      );
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
      all.push({ name: nameOf(this.#asked, { slo: name }), labels: { slo: name }, values, behind: null });
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
    const { count } = await this.#read();
    const { name, of } = this.#asked;
    return [{ name: name === '' ? of : name, labels: {}, value: count, before: null, behind: null }];
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
        behind: shown.map(() => null),
        links: shown.map(({ ruleId }) => `/alerts/rule?id=${encodeURIComponent(ruleId)}`),
      },
    };
  }

  async #slos(): Promise<Listed> {
    const { context, catalog } = this.#scope;
    const nowMs = Number(context.clock.now() / 1_000_000n);
    const slos = await describeSlos(catalog, await this.#meantSlos(), nowMs);
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
        behind: shown.map(() => null),
        links: shown.map(({ id }) => `/slos?slo=${encodeURIComponent(id)}`),
      },
    };
  }

  async #errors(): Promise<Listed> {
    const { context, readDecisions, asked } = this.#scope;
    const found = await findErrors(
      context,
      await readDecisions(),
      errorsParameters.parse({
        ...asked,
        q: this.#text === '' ? undefined : this.#text,
        sort: '-count',
        limit: rowsMax,
      }),
    );
    return {
      count: found.groups,
      table: {
        columns: [text('error'), number('times'), number('runs'), text('service'), text('last')],
        rows: found.errors.map(({ type, title, services, count, runs, lastTime }) => [
          title === '' ? type : title,
          count,
          runs,
          services.join(', '),
          lastTime,
        ]),
        behind: found.errors.map(() => null),
        links: found.errors.map(({ id }) => `/errors/${encodeURIComponent(id)}`),
      },
    };
  }
}

type Column = Table['columns'][number];
const text = (name: string): Column => ({ name, isNumber: false, unit: 'none' });
const number = (name: string): Column => ({ name, isNumber: true, unit: 'none' });
