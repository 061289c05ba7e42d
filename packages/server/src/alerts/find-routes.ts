import { createHash } from 'node:crypto';
import type { AlertRoute } from '@sightline/schema/api';
import { labelsKey } from './compiled-rule.ts';
import { compileMatchers, type LabelTest } from './label-matchers.ts';
import type { Labels } from './rule-states.ts';

/** The channel that every project has: the log of the server. */
export const logChannelId = 'log';

/** Where messages go as long as nobody said: to the log of the server. */
export const defaultRoutes: readonly AlertRoute[] = [
  {
    name: 'everything',
    matchers: '',
    channels: [logChannelId],
    groupBy: ['alertname'],
    groupWaitS: 0,
    groupIntervalS: 300,
    repeatIntervalS: 14_400,
    continue: false,
  },
];

export interface CompiledRoute extends AlertRoute {
  readonly index: number;
  readonly test: LabelTest;
}

/** Throws `bad_filter`. */
export function compileRoutes(routes: readonly AlertRoute[]): readonly CompiledRoute[] {
  return routes.map((route, index) => ({ ...route, index, test: compileMatchers(route.matchers) }));
}

export interface MatchedRoute {
  readonly route: CompiledRoute;
  readonly groupLabels: Labels;
  /** Of all alerts that this route puts together with this one. */
  readonly groupKey: string;
}

/** The routes that take an alert with these labels, in their order. */
export function findRoutes(routes: readonly CompiledRoute[], labels: Labels): readonly MatchedRoute[] {
  const found: MatchedRoute[] = [];
  for (const route of routes) {
    if (!route.test(labels)) continue;
    const groupLabels = Object.fromEntries(
      route.groupBy.flatMap((name) => (labels[name] === undefined ? [] : [[name, labels[name]]])),
    );
    const text = JSON.stringify([route.name, labelsKey(groupLabels)]);
    found.push({
      route,
      groupLabels,
      groupKey: createHash('sha256').update(text).digest('hex').slice(0, 32),
    });
    if (!route.continue) break;
  }
  return found;
}
