import type { KeyValue } from './any-value.ts';

/** Where an item comes from. Items of one origin share a resource and a scope in the request. */
export interface Origin {
  readonly resource: { readonly attributes: readonly KeyValue[]; readonly droppedAttributesCount?: number };
  readonly resourceSchemaUrl: string;
  readonly scope: {
    readonly name: string;
    readonly version: string;
    readonly attributes: readonly KeyValue[];
  };
  readonly scopeSchemaUrl: string;
}

const names = {
  traces: { resources: 'resourceSpans', scopes: 'scopeSpans', items: 'spans' },
  logs: { resources: 'resourceLogs', scopes: 'scopeLogs', items: 'logRecords' },
  metrics: { resources: 'resourceMetrics', scopes: 'scopeMetrics', items: 'metrics' },
} as const;

/** One OTLP/JSON request that holds the items, each resource and scope once. */
export function groupItems<Item>(
  signal: keyof typeof names,
  items: readonly { readonly origin: Origin; readonly item: Item }[],
): Record<string, unknown> {
  const { resources, scopes, items: itemsKey } = names[signal];
  const byResource = new Map<
    string,
    { origin: Origin; byScope: Map<string, { origin: Origin; items: Item[] }> }
  >();
  for (const { origin, item } of items) {
    const resourceKey = JSON.stringify([origin.resource, origin.resourceSchemaUrl]);
    const resource = byResource.get(resourceKey) ?? { origin, byScope: new Map() };
    byResource.set(resourceKey, resource);
    const scopeKey = JSON.stringify([origin.scope, origin.scopeSchemaUrl]);
    const scope = resource.byScope.get(scopeKey) ?? { origin, items: [] };
    resource.byScope.set(scopeKey, scope);
    scope.items.push(item);
  }
  return {
    [resources]: [...byResource.values()].map(({ origin, byScope }) => ({
      resource: origin.resource,
      schemaUrl: origin.resourceSchemaUrl,
      [scopes]: [...byScope.values()].map(({ origin: { scope, scopeSchemaUrl }, items: own }) => ({
        scope,
        schemaUrl: scopeSchemaUrl,
        [itemsKey]: own,
      })),
    })),
  };
}
