import { mapText, mapTypes, timeOf } from './attribute-sql.ts';

interface Items {
  readonly signal: 'traces' | 'logs' | 'metrics';
  /** The word for one of them, as `span`. */
  readonly item: string;
  readonly source: string;
}

/**
 * One row per span, log record or metric, from requests nested resource → scope → item. Resources and
 * scopes become text maps before they are repeated for each of their items.
 */
export function itemsOf({ signal, item, source }: Items): string {
  return `SELECT project, received, received_time, service, resource_map, resource_types, resource_schema_url, resource_dropped,
    scopes.scope.name AS scope_name, scopes.scope.version AS scope_version, ${mapText('scopes.scope.attributes')} AS scope_map,
    ${mapTypes('scopes.scope.attributes')} AS scope_types, scopes.schema_url AS scope_schema_url, arrayJoin(scopes.items) AS ${item}
  FROM (
    SELECT *, if(resource_map['service.name'] = '', 'unknown_service', resource_map['service.name']) AS service, arrayJoin(r.scopes) AS scopes
    FROM (
      SELECT project, received, received_time, r, ${mapText('r.resource.attributes')} AS resource_map,
        ${mapTypes('r.resource.attributes')} AS resource_types, r.schema_url AS resource_schema_url, r.resource.dropped AS resource_dropped
      FROM (SELECT project, received, ${timeOf('received')} AS received_time, arrayJoin(${signal}.resources) AS r FROM ${source})))`;
}
