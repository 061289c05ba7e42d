import { type PanelQuery, errorsParameters } from '@sightline/schema/api';
import { compileMatchers } from '../alerts/label-matchers.ts';
import { readAlerts } from '../alerts/read-alerts.ts';
import { describeSlos } from '../alerts/slos/describe-slos.ts';
import { listSlos } from '../catalog/slos.ts';
import { findErrors } from '../query/errors/find-errors.ts';
import { fillFilter } from './fill-variables.ts';
import {
  badPanel,
  type PanelScope,
  type PanelSource,
  type Series,
  type Table,
  type Total,
} from './panel-answer.ts';

type Asked = Extract<PanelQuery, { type: 'list' }>;

const rowsMax = 100;

interface Listed {
  readonly count: number;
  readonly table: Table;
}

/** Alerts that fire, SLOs, and errors by cause, as their pages list them. */
export class ListSource implements PanelSource {
  readonly unit = 'none';
  readonly notes: string[] = [];
  readonly #scope: PanelScope;
  readonly #asked: Asked;
  readonly #text: string;

  constructor(asked: Asked, scope: PanelScope) {
    this.#asked = asked;
    this.#scope = scope;
    const text = fillFilter(asked.text, scope.values);
    this.#text = text.trim() === '*' ? '' : text.trim();
  }

  async series(): Promise<readonly Series[]> {
    throw badPanel(
      'A list has no values over time.',
      'Show it as a table or a number. Errors over time are count(status:error) by service.',
    );
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
    if (this.#text !== '') throw badPanel('SLOs take no filter.', 'Leave the filter empty.');
    const { context, catalog } = this.#scope;
    const nowMs = Number(context.clock.now() / 1_000_000n);
    const slos = await describeSlos(catalog, await listSlos(catalog, context.project), nowMs);
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
