import { z } from 'zod';
import { sqlResponse } from '@sightline/schema/api';
import type { ApiClient } from '../../client/api-client.ts';
import { keyValuesOfColumns } from './any-value.ts';
import type { Origin } from './group-items.ts';

/**
 * The tables are read through the public SQL endpoint, because only they still know what every value was: the API's JSON
 * does not tell 1 from 1.0, nor bytes from text. Columns and types: docs/sql.md.
 */
export async function readRows<T extends z.ZodType>(
  client: ApiClient,
  query: string,
  row: T,
  maxRows: number,
): Promise<z.infer<T>[]> {
  const response = await client.post('sql', { query, maxRows }, sqlResponse);
  const names = response.columns.map(({ name }) => name);
  return response.rows.map((cells) =>
    row.parse(Object.fromEntries(cells.map((cell, index) => [names[index], cell]))),
  );
}

export const originColumns = `
  mapKeys(resource_attributes) AS resourceKeys, mapValues(resource_attributes) AS resourceTexts,
  resource_types AS resourceTypes, resource_schema_url AS resourceSchemaUrl,
  scope_name AS scopeName, scope_version AS scopeVersion, scope_schema_url AS scopeSchemaUrl,
  mapKeys(scope_attributes) AS scopeKeys, mapValues(scope_attributes) AS scopeTexts, scope_types AS scopeTypes`;

export const texts = z.array(z.string());

export const originRow = z.object({
  resourceKeys: texts,
  resourceTexts: texts,
  resourceTypes: z.string(),
  resourceSchemaUrl: z.string(),
  scopeName: z.string(),
  scopeVersion: z.string(),
  scopeSchemaUrl: z.string(),
  scopeKeys: texts,
  scopeTexts: texts,
  scopeTypes: z.string(),
});

export function originOf(row: z.infer<typeof originRow>): Origin {
  return {
    resource: { attributes: keyValuesOfColumns(row.resourceKeys, row.resourceTexts, row.resourceTypes) },
    resourceSchemaUrl: row.resourceSchemaUrl,
    scope: {
      name: row.scopeName,
      version: row.scopeVersion,
      attributes: keyValuesOfColumns(row.scopeKeys, row.scopeTexts, row.scopeTypes),
    },
    scopeSchemaUrl: row.scopeSchemaUrl,
  };
}

/** A text as a literal of ClickHouse's SQL. */
export function sqlText(value: string): string {
  return `'${value.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}

/** Nanoseconds of a DateTime64(9) column, as OTLP/JSON wants them. */
export function nanosOf(column: string): string {
  return `toString(toUnixTimestamp64Nano(${column}))`;
}
