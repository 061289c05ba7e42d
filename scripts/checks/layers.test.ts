import { describe, expect, it } from 'vitest';
import { importsOf, isTest, sourceFiles, staticImportsOf, type SourceFile } from './source-files.ts';

/** Who may import whom. A room is the longest prefix listed here that a path has; what is not listed is not allowed. */
const allowed: Readonly<Record<string, readonly string[]>> = {
  'packages/base/src': [],
  'packages/schema/src/errors': [],
  'packages/schema/src/api': ['packages/base/src'],
  // Pure answers about spans and samples, the same for API and UI.
  'packages/schema/src/analysis': ['packages/base/src', 'packages/schema/src/api'],
  'packages/schema/src/conventions': ['packages/base/src', 'packages/schema/src/api'],
  'packages/schema/src/filter': [
    'packages/base/src',
    'packages/schema/src/api',
    'packages/schema/src/errors',
  ],
  // What is expected of a series and what comes next: numbers alone.
  'packages/schema/src/series': ['packages/base/src'],
  // What rules of alerts say; their filters are those of the filter language.
  'packages/schema/src/rules': [
    'packages/base/src',
    'packages/schema/src/filter',
    'packages/schema/src/series',
  ],
  // Files of items of datasets, and what prompts say: without a library of schemas, which programs would have to load.
  'packages/schema/src/datasets': [
    'packages/schema/src/api',
    'packages/schema/src/errors',
    'packages/schema/src/rows',
  ],
  'packages/schema/src/rows': ['packages/schema/src/api'],
  // A report as a page of charts and tables, the same for HTML, Markdown, mail and UI.
  'packages/schema/src/report': [
    'packages/base/src',
    'packages/schema/src/api',
    'packages/schema/src/filter',
  ],
  'packages/schema/src/prompts': ['packages/schema/src/api'],
  'packages/schema/src/log-lines': [
    'packages/base/src',
    'packages/schema/src/filter',
    'packages/schema/src/otlp',
  ],
  'packages/schema/src/otlp': ['packages/base/src', 'packages/schema/src/api', 'packages/schema/src/errors'],
  'packages/sdk/src': ['packages/base/src', 'packages/schema/src'],
  'packages/demo/src': ['packages/base/src', 'packages/schema/src'],
  'packages/cli/src': ['packages/base/src', 'packages/demo/src', 'packages/schema/src'],
  'packages/web/src': ['packages/base/src', 'packages/schema/src'],
  // Which web pages may reach the server, over HTTP and gRPC alike.
  'packages/server/src/guard': ['packages/base/src', 'packages/schema/src'],
  // Requests to addresses that users chose, and where they may go.
  'packages/server/src/outbound': ['packages/base/src'],
  'packages/server/src/config': [
    'packages/base/src',
    'packages/schema/src',
    'packages/server/src/guard',
    'packages/server/src/outbound',
  ],
  'packages/server/src/catalog': ['packages/base/src', 'packages/schema/src', 'packages/server/src/storage'],
  'packages/server/src/storage': ['packages/base/src', 'packages/schema/src'],
  // The one door to the engines: server.ts says which, this opens it.
  'packages/server/src/storage/open-store.ts': [
    'packages/base/src',
    'packages/schema/src',
    'packages/server/src/storage',
  ],
  'packages/server/src/storage/clickhouse': [
    'packages/base/src',
    'packages/schema/src',
    'packages/server/src/storage',
  ],
  // Reads and answers PromQL; knows neither where samples come from nor who asks.
  'packages/server/src/promql': ['packages/base/src'],
  'packages/server/src/query': [
    'packages/server/src/promql',
    'packages/base/src',
    'packages/schema/src',
    'packages/server/src/storage',
  ],
  'packages/server/src/ingest': [
    'packages/base/src',
    'packages/schema/src',
    'packages/server/src/guard',
    'packages/server/src/storage',
  ],
  // Scores are written here; what is scored is read through the query layer, rules are kept in the catalog.
  'packages/server/src/evaluation': [
    'packages/base/src',
    'packages/schema/src',
    'packages/server/src/catalog',
    'packages/server/src/outbound',
    'packages/server/src/query',
    'packages/server/src/storage',
  ],
  // What the alerting engine and its channels say to each other.
  'packages/server/src/alerts/notification.ts': [],
  // Tells receivers of alerts; knows neither rules nor stores.
  'packages/server/src/alerts/channels': [
    'packages/base/src',
    'packages/schema/src',
    'packages/server/src/alerts/notification.ts',
    'packages/server/src/outbound',
  ],
  // When a keeper looks; what it looks after is its own business.
  'packages/server/src/background': [],
  // Brings together the catalogue's prices, the overrides of the control plane and what is stored.
  'packages/server/src/pricing': [
    'packages/base/src',
    'packages/schema/src',
    'packages/server/src/background',
    'packages/server/src/catalog',
    'packages/server/src/query',
    'packages/server/src/storage',
  ],
  // Puts runs together by the rule of the query layer, and writes them down.
  'packages/server/src/runs': [
    'packages/base/src',
    'packages/schema/src',
    'packages/server/src/background',
    'packages/server/src/query',
    'packages/server/src/storage',
  ],
  // The demo, run beside the server and stored as whatever else is received; what it keeps beside telemetry lies in the catalog.
  'packages/server/src/demo': [
    'packages/base/src',
    'packages/demo/src',
    'packages/schema/src',
    'packages/server/src/alerts',
    'packages/server/src/catalog',
    'packages/server/src/ingest',
    'packages/server/src/query',
    'packages/server/src/storage',
  ],
  // Rules are evaluated through the query layer; what they found is kept in the catalog.
  'packages/server/src/alerts': [
    'packages/base/src',
    'packages/schema/src',
    'packages/server/src/alerts/notification.ts',
    'packages/server/src/background',
    'packages/server/src/catalog',
    'packages/server/src/outlook',
    'packages/server/src/promql',
    'packages/server/src/query',
    'packages/server/src/storage',
  ],
  // Versions and deploys, compared with what ran before them; verdicts are kept in the catalog.
  'packages/server/src/regressions': [
    'packages/base/src',
    'packages/schema/src',
    'packages/server/src/background',
    'packages/server/src/catalog',
    'packages/server/src/query',
    'packages/server/src/storage',
  ],
  // Errors that are sent on to a Sentry; how far that has come is kept in the catalog.
  'packages/server/src/forwarding': [
    'packages/base/src',
    'packages/schema/src',
    'packages/server/src/background',
    'packages/server/src/catalog',
    'packages/server/src/outbound',
    'packages/server/src/query',
    'packages/server/src/storage',
  ],
  // What is expected of values and where they go, for charts, alerts and reports.
  'packages/server/src/outlook': [
    'packages/base/src',
    'packages/schema/src',
    'packages/server/src/promql',
    'packages/server/src/query',
  ],
  // Panels are answered through the query layer, with what was expected of them; deploys and alerts that are drawn in are read where they are kept.
  'packages/server/src/dashboards': [
    'packages/base/src',
    'packages/schema/src',
    'packages/server/src/alerts',
    'packages/server/src/catalog',
    'packages/server/src/outlook',
    'packages/server/src/promql',
    'packages/server/src/query',
  ],
  // One page of a period, of what others read; nothing is counted in it.
  'packages/server/src/reports': [
    'packages/base/src',
    'packages/schema/src',
    'packages/server/src/alerts',
    'packages/server/src/alerts/notification.ts',
    'packages/server/src/catalog',
    'packages/server/src/query',
  ],
  // What is looked at from outside; how it stands is kept in the catalog, and told as telemetry.
  'packages/server/src/checks': [
    'packages/base/src',
    'packages/schema/src',
    'packages/server/src/background',
    'packages/server/src/catalog',
    'packages/server/src/outbound',
  ],
  // Asks models that users chose, with keys of the environment or of the catalog.
  'packages/server/src/playground': [
    'packages/base/src',
    'packages/schema/src',
    'packages/server/src/catalog',
    'packages/server/src/outbound',
  ],
  // Targets over the items of datasets: run, judged by the evaluators, and compared.
  'packages/server/src/experiments': [
    'packages/base/src',
    'packages/schema/src',
    'packages/server/src/background',
    'packages/server/src/catalog',
    'packages/server/src/evaluation',
    'packages/server/src/playground',
    'packages/server/src/query',
    'packages/server/src/storage',
  ],
  // Runs that are run again; what they were is read as questions read it.
  'packages/server/src/replay': [
    'packages/base/src',
    'packages/schema/src',
    'packages/server/src/background',
    'packages/server/src/catalog',
    'packages/server/src/evaluation',
    'packages/server/src/outbound',
    'packages/server/src/playground',
    'packages/server/src/query',
  ],
  'packages/server/src/http': [
    'packages/base/src',
    'packages/schema/src',
    'packages/server/src/alerts',
    'packages/server/src/catalog',
    'packages/server/src/checks',
    'packages/server/src/dashboards',
    'packages/server/src/demo',
    'packages/server/src/evaluation',
    'packages/server/src/experiments',
    'packages/server/src/forwarding',
    'packages/server/src/guard',
    'packages/server/src/ingest',
    'packages/server/src/outbound',
    'packages/server/src/playground',
    'packages/server/src/pricing',
    'packages/server/src/outlook',
    'packages/server/src/promql',
    'packages/server/src/query',
    'packages/server/src/regressions',
    'packages/server/src/replay',
    'packages/server/src/reports',
    'packages/server/src/storage',
  ],
  // The composition root: the only place that picks engines.
  'packages/server/src': ['packages'],
};

const rooms = Object.keys(allowed).toSorted((a, b) => b.length - a.length);
const roomOf = (path: string): string | undefined =>
  rooms.find((room) => path === room || path.startsWith(`${room}/`));
const packageFolders: Readonly<Record<string, string>> = {
  '@sightline/base': 'packages/base/src',
  '@sightline/demo': 'packages/demo/src',
  '@sightline/schema': 'packages/schema/src',
  '@sightline/server': 'packages/server/src',
  '@sightline/sdk': 'packages/sdk/src',
  '@sightline/web': 'packages/web/src',
  '@sightline/cli': 'packages/cli/src',
};

function placeOf(specifier: string): string {
  const [, name = '', rest = ''] = /^(@sightline\/[a-z]+)(.*)$/.exec(specifier) ?? [];
  const folder = packageFolders[name];
  return folder === undefined ? specifier : `${folder}${rest}`;
}

function violationsOf(file: SourceFile): string[] {
  const room = roomOf(file.path);
  if (room === undefined) return [];
  return importsOf(file)
    .map(placeOf)
    .filter((target) => /^packages\/\w+\/src\//.test(target))
    .filter((target) => {
      const targetRoom = roomOf(target);
      if (targetRoom === room) return false;
      const isAllowed = (allowed[room] ?? []).some(
        (prefix) => target === prefix || target.startsWith(`${prefix}/`),
      );
      // The engine hides behind the storage interface.
      const isEngine =
        targetRoom === 'packages/server/src/storage/clickhouse' &&
        room !== 'packages/server/src/storage/open-store.ts';
      return !isAllowed || isEngine;
    })
    .map((target) => `${file.path} imports ${target}`);
}

/** Of a graph the groups whose members reach each other (Tarjan). */
function circles(graph: ReadonlyMap<string, ReadonlySet<string>>): string[][] {
  const found: string[][] = [];
  const order = new Map<string, number>();
  const open: string[] = [];
  const visit = (node: string): number => {
    let low = order.size;
    order.set(node, low);
    open.push(node);
    for (const next of graph.get(node) ?? []) {
      if (!order.has(next)) low = Math.min(low, visit(next));
      else if (open.includes(next)) low = Math.min(low, order.get(next) ?? low);
    }
    if (low === order.get(node)) {
      const circle = open.splice(open.indexOf(node));
      if (circle.length > 1) found.push(circle.toSorted());
    }
    return low;
  };
  for (const node of graph.keys()) if (!order.has(node)) visit(node);
  return found;
}

describe('the layers', () => {
  const files = sourceFiles('packages', ['.ts', '.tsx']).filter(
    ({ path }) => path.includes('/src/') && !isTest(path),
  );

  it('import downwards only', () => {
    expect(files.flatMap(violationsOf)).toEqual([]);
  });

  it('have no files that import each other, types included', () => {
    const graph = new Map(files.map((file) => [file.path, new Set(staticImportsOf(file))]));
    expect(circles(graph)).toEqual([]);
  });

  // The files at the root of a package put its rooms together.
  it.each(['schema', 'sdk', 'server', 'web'])('have no rooms of %s that import each other', (name) => {
    const root = `packages/${name}/src/`;
    const room = (path: string): string | undefined =>
      path.startsWith(root) && path.slice(root.length).includes('/')
        ? path.slice(root.length).split('/')[0]
        : undefined;
    const graph = new Map<string, Set<string>>();
    for (const file of files) {
      const from = room(file.path);
      if (from === undefined) continue;
      const targets = graph.get(from) ?? new Set<string>();
      graph.set(from, targets);
      for (const to of importsOf(file).map(room)) if (to !== undefined && to !== from) targets.add(to);
    }
    expect(graph.size).toBeGreaterThan(3);
    expect(circles(graph)).toEqual([]);
  });

  it('keep features of the web UI apart, and its model free of React', () => {
    const feature = (path: string): string | undefined =>
      /^packages\/web\/src\/features\/([^/]+)/.exec(path)?.[1];
    const crossings = files.flatMap((file) =>
      importsOf(file)
        .filter((target) => {
          const isCrossing =
            feature(file.path) !== undefined &&
            feature(target) !== undefined &&
            feature(file.path) !== feature(target);
          const isModelWithReact =
            file.path.startsWith('packages/web/src/model/') && target.startsWith('react');
          return isCrossing || isModelWithReact;
        })
        .map((target) => `${file.path} imports ${target}`),
    );
    expect(crossings).toEqual([]);
  });

  it('let only main.ts read arguments, environment and clock in the server', () => {
    const readers = files.filter(
      ({ path, text }) =>
        path.startsWith('packages/server/src/') &&
        path !== 'packages/server/src/main.ts' &&
        /\bprocess\.(env|argv)\b|\bDate\.now\(|\bnew Date\(\)/.test(text),
    );
    expect(readers.map(({ path }) => path)).toEqual([]);
  });
});
