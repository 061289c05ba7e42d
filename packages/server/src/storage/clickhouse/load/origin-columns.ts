import { varintNumber, WireReader, wireType } from '@sightline/schema/otlp';
import type { AnyValue } from './any-value.ts';
import { AttributeRow } from './attribute-row.ts';
import { Dictionary } from './dictionary.ts';
import { type DerivedItem, placeOfResourceAttribute } from './derived-item.ts';
import {
  CountColumn,
  DictionaryColumn,
  MapColumn,
  type MapMark,
  TextColumn,
  timeType,
  WideColumn,
} from './native-columns.ts';

/** A part of the bytes; empty where there is none. */
export interface Extent {
  readonly start: number;
  readonly end: number;
}

/** The origin of the item at hand, as texts. */
export interface ItemOrigin {
  readonly project: string;
  readonly service: string;
  readonly version: string;
  readonly environment: string;
}

export interface OriginCodes {
  readonly project: number;
  readonly service: number;
  readonly scopeName: number;
  /** In `versions` and `environments`. */
  readonly version: number;
  readonly environment: number;
}

export const nothing: Extent = { start: 0, end: 0 };

/**
 * Where items come from: project, resource and scope. Each is read at its first item, and repeated for every other.
 */
export class OriginColumns {
  readonly columns = {
    project: new DictionaryColumn(),
    received_time: new WideColumn(timeType),
    service: new DictionaryColumn(),
    resource_attributes: new MapColumn(),
    resource_types: new TextColumn(),
    resource_schema_url: new DictionaryColumn(),
    resource_dropped: new CountColumn(32),
    scope_name: new DictionaryColumn(),
    scope_version: new DictionaryColumn(),
    scope_attributes: new MapColumn(),
    scope_types: new DictionaryColumn(),
    scope_schema_url: new DictionaryColumn(),
  };
  /** Of rows that have them as columns. */
  readonly versions = new Dictionary();
  readonly environments = new Dictionary();
  /** Where the time of arrival of the record at hand stands; -1 for none. */
  receivedAt = -1;
  readonly #bytes: Uint8Array;
  readonly #item: DerivedItem;
  readonly #row: AttributeRow;
  readonly #fields: WireReader;
  #project = nothing;
  #projectCode = 0;
  #resource = nothing;
  #resourceSchema = nothing;
  #scope = nothing;
  #scopeSchema = nothing;
  #resourceRow: ResourceRow | undefined;
  #scopeRow: ScopeRow | undefined;

  constructor(bytes: Uint8Array, item: DerivedItem) {
    this.#bytes = bytes;
    this.#item = item;
    this.#row = new AttributeRow(bytes);
    this.#fields = new WireReader(bytes);
  }

  beginRecord(project: Extent, receivedAt: number): void {
    this.#project = project;
    this.receivedAt = receivedAt;
  }

  beginResource(resource: Extent, schemaUrl: Extent): void {
    this.#resource = resource;
    this.#resourceSchema = schemaUrl;
    this.#resourceRow = undefined;
  }

  beginScope(scope: Extent, schemaUrl: Extent): void {
    this.#scope = scope;
    this.#scopeSchema = schemaUrl;
    this.#scopeRow = undefined;
  }

  /** One row; to be called before anything else of the item is read. */
  append(): void {
    const { columns } = this;
    this.#projectCode = columns.project.append(this.#bytes, this.#project.start, this.#project.end);
    columns.received_time.appendAt(this.#bytes, this.receivedAt);
    if (this.#resourceRow === undefined) this.#resourceRow = this.#readResource();
    else columns.resource_attributes.repeatRow(this.#resourceRow.from, this.#resourceRow.to);
    const { types, service, schemaUrl, dropped } = this.#resourceRow;
    columns.resource_types.append(types, 0, types.length);
    columns.service.appendCode(service);
    columns.resource_schema_url.appendCode(schemaUrl);
    columns.resource_dropped.append(dropped);
    if (this.#scopeRow === undefined) this.#scopeRow = this.#readScope();
    else columns.scope_attributes.repeatRow(this.#scopeRow.from, this.#scopeRow.to);
    columns.scope_name.appendCode(this.#scopeRow.name);
    columns.scope_version.appendCode(this.#scopeRow.version);
    columns.scope_types.appendCode(this.#scopeRow.types);
    columns.scope_schema_url.appendCode(this.#scopeRow.schemaUrl);
  }

  /** Of the last row. */
  get current(): ItemOrigin {
    const { buffer, byteOffset } = this.#bytes;
    const { start, end } = this.#project;
    const { service = 0, version = '', environment = '' } = this.#resourceRow ?? {};
    return {
      project: Buffer.from(buffer, byteOffset + start, end - start).toString('utf8'),
      service: this.columns.service.dictionary.text(service),
      version,
      environment,
    };
  }

  /** The same by codes. */
  get currentCodes(): OriginCodes {
    const { service = 0, versionCode = 0, environmentCode = 0 } = this.#resourceRow ?? {};
    return {
      project: this.#projectCode,
      service,
      scopeName: this.#scopeRow?.name ?? 0,
      version: versionCode,
      environment: environmentCode,
    };
  }

  #readResource(): ResourceRow {
    const { resource_attributes: map, service, resource_schema_url } = this.columns;
    const fields = this.#fields;
    const row = this.#row;
    this.#item.beginResource();
    row.begin();
    const from = map.mark();
    let dropped = 0;
    let name: string | undefined;
    let version: string | undefined;
    let versionCode: number | undefined;
    const environments: Record<string, string> = {};
    const environmentCodes: Record<string, number> = {};
    fields.begin(this.#resource.start, this.#resource.end);
    while (fields.next()) {
      if (fields.number === 2 && fields.wire === wireType.varint)
        dropped = varintNumber(this.#bytes, fields.start);
      if (fields.number !== 1 || fields.wire !== wireType.bytes) continue;
      const key = map.dictionary.text(row.append(map, fields.start, fields.end));
      // The first counts, as where a map is asked for a key.
      if (key === 'service.name') name ??= row.value.text();
      else if (key === 'service.version') {
        version ??= row.value.text();
        versionCode ??= codeOfValue(this.versions, row.value);
      } else if (environmentKeys.includes(key)) {
        environments[key] ??= row.value.text();
        environmentCodes[key] ??= codeOfValue(this.environments, row.value);
      }
      this.#item.setResourceAttribute(placeOfResourceAttribute(key), row.pair.valueStart, row.pair.valueEnd);
    }
    map.endRow();
    const environmentKey = environmentKeys.find((key) => (environments[key] ?? '') !== '');
    return {
      from,
      to: map.mark(),
      types: row.letters.finish(),
      service: service.dictionary.codeOfText(name === undefined || name === '' ? 'unknown_service' : name),
      schemaUrl: this.#codeOf(resource_schema_url, this.#resourceSchema),
      dropped,
      version: version ?? '',
      environment: environmentKey === undefined ? '' : (environments[environmentKey] ?? ''),
      versionCode: versionCode ?? this.versions.codeOfText(''),
      environmentCode:
        environmentKey === undefined
          ? this.environments.codeOfText('')
          : (environmentCodes[environmentKey] ?? 0),
    };
  }

  #readScope(): ScopeRow {
    const { scope_attributes: map, scope_name, scope_version, scope_types, scope_schema_url } = this.columns;
    const fields = this.#fields;
    const row = this.#row;
    row.begin();
    const from = map.mark();
    let name = nothing;
    let version = nothing;
    fields.begin(this.#scope.start, this.#scope.end);
    while (fields.next()) {
      if (fields.wire !== wireType.bytes) continue;
      const { start, end } = fields;
      if (fields.number === 1) name = { start, end };
      else if (fields.number === 2) version = { start, end };
      else if (fields.number === 3) row.append(map, start, end);
    }
    map.endRow();
    return {
      from,
      to: map.mark(),
      types: scope_types.dictionary.codeOf(row.letters.bytes, 0, row.letters.length),
      name: this.#codeOf(scope_name, name),
      version: this.#codeOf(scope_version, version),
      schemaUrl: this.#codeOf(scope_schema_url, this.#scopeSchema),
    };
  }

  #codeOf({ dictionary }: DictionaryColumn, { start, end }: Extent): number {
    return dictionary.codeOf(this.#bytes, start, end);
  }
}

const codeOfValue = (dictionary: Dictionary, { source, start, end }: AnyValue): number =>
  dictionary.codeOf(source, start, end);

const environmentKeys: readonly string[] = ['deployment.environment.name', 'deployment.environment'];

/** What all items of a resource have in common: an extent of the map, and codes. */
interface ResourceRow {
  readonly from: MapMark;
  readonly to: MapMark;
  readonly types: Uint8Array;
  readonly service: number;
  readonly schemaUrl: number;
  readonly dropped: number;
  readonly version: string;
  readonly environment: string;
  readonly versionCode: number;
  readonly environmentCode: number;
}

interface ScopeRow {
  readonly from: MapMark;
  readonly to: MapMark;
  readonly types: number;
  readonly name: number;
  readonly version: number;
  readonly schemaUrl: number;
}
