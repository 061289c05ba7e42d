import { gunzipSync } from 'node:zlib';

import { describe, expect, test } from 'vitest';

import { jsonToProtobuf, protobufToJson } from '@sightline/schema/otlp';

import { type Case, loadRecorded } from './load.ts';

const recorded = new Map(loadRecorded().map((one) => [one.name.replace('recorded: ', ''), one]));

function find(name: string): Case {
  const one = recorded.get(name);
  if (one === undefined) throw new Error(`There is no recording "${name}"`);
  return one;
}

function plainBody({ contentEncoding, body }: Case): Buffer {
  return contentEncoding === 'gzip' ? gunzipSync(body) : Buffer.from(body);
}

function toJson(one: Case): unknown {
  if (one.contentType !== 'application/json') return JSON.parse(protobufToJson(one.signal, plainBody(one)));
  const converted = jsonToProtobuf(one.signal, plainBody(one));
  if (!converted.ok) throw new Error(converted.error.message);
  return JSON.parse(protobufToJson(one.signal, converted.value));
}

/**
 * Proto3 leaves out what is zero or empty where the JSON exporters write it, and numbers may be strings. The JSON
 * exporters write null for NaN and the infinities, and a `schemaUrl` into the resource that OTLP does not have there.
 */
function normalize(value: unknown, key = ''): unknown {
  if (value === null || value === 'NaN' || value === 'Infinity') return undefined;
  if (Array.isArray(value)) return value.length === 0 ? undefined : value.map((one) => normalize(one) ?? {});
  if (typeof value === 'object' && value !== null) {
    const members = Object.entries(value)
      .filter(([name]) => name !== 'schemaUrl' || key !== 'resource')
      .map(([name, member]) => [name, normalize(member, name)] as const)
      .filter(([, member]) => member !== undefined);
    return members.length === 0 ? undefined : Object.fromEntries(members);
  }
  if (key.endsWith('Value') || key === 'asInt' || key === 'asDouble')
    return typeof value === 'string' ? value : JSON.stringify(value);
  if (value === 0 || value === '0' || value === '' || value === false) return undefined;
  return typeof value === 'number' ? String(value) : value;
}

describe('what real exporters send', () => {
  test.each(['traces', 'logs'])('%s say the same over protobuf, JSON and gRPC', (signal) => {
    const proto = normalize(toJson(find(`${signal}-proto`)));
    expect(normalize(toJson(find(`${signal}-json`)))).toEqual(proto);
    expect(normalize(toJson(find(`${signal}-grpc`)))).toEqual(proto);
  });

  test.each(
    [...recorded.values()]
      .filter((one) => one.contentType === 'application/json')
      .map((one) => [one.name, one] as const),
  )('%s survives JSON → protobuf → JSON', (_, one) => {
    expect(normalize(toJson(one))).toEqual(normalize(JSON.parse(plainBody(one).toString('utf8'))));
  });

  test('metrics say the same over protobuf, JSON and gRPC, but for the times', () => {
    const withoutTimes = (name: string): unknown =>
      JSON.parse(
        JSON.stringify(normalize(toJson(find(name)))).replaceAll(/imeUnixNano":"\d+"/g, 'imeUnixNano":""'),
      );
    expect(withoutTimes('metrics-grpc-1')).toEqual(withoutTimes('metrics-proto-cumulative-1'));
    expect(withoutTimes('metrics-json-delta-1')).toEqual(withoutTimes('metrics-proto-delta-1'));
  });

  test('gzip hides the same bytes', () => {
    expect(plainBody(find('traces-proto-gzip'))).toEqual(plainBody(find('traces-proto')));
  });
});
