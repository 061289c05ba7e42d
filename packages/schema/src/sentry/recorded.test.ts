/** What `sentry-sdk` for Python sent, byte for byte: see conformance/sentry. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { groupError, parseStack } from '../exceptions/index.ts';
import { reported } from '../exceptions/testing/reported-error.ts';
import { jsonToProtobuf } from '../otlp/index.ts';
import { readEnvelope, sentryRequests } from './index.ts';

interface Attributes {
  readonly attributes: readonly { readonly key: string; readonly value: { readonly stringValue?: string } }[];
}
interface Requests {
  readonly resourceLogs?: readonly {
    readonly scopeLogs: readonly {
      readonly logRecords: readonly (Attributes & { readonly spanId: string })[];
    }[];
  }[];
}

const folder = join(import.meta.dirname, '../../../../conformance/sentry/python');
const requests = readdirSync(folder)
  .toSorted()
  .map((name) => {
    const envelope = readEnvelope(readFileSync(join(folder, name)));
    if (envelope === undefined) throw new Error(`${name} is no envelope.`);
    return sentryRequests(envelope, 1n);
  });
const records = requests.flatMap(
  ({ logs }) =>
    ((logs ?? {}) as Requests).resourceLogs?.flatMap(({ scopeLogs }) => scopeLogs[0]?.logRecords ?? []) ?? [],
);
const textOf = ({ attributes }: Attributes, key: string): string =>
  attributes.find((each) => each.key === key)?.value.stringValue ?? '';
const errors = records.filter((record) => textOf(record, 'exception.message') !== '');
const stackOf = (type: string): string => {
  const found = errors.find((record) => textOf(record, 'exception.type') === type);
  if (found === undefined) throw new Error(`No error is a ${type}.`);
  return textOf(found, 'exception.stacktrace');
};

test('all that was sent is read, and taken by the door of OTLP', () => {
  expect(requests.reduce((sum, { unreadable }) => sum + unreadable, 0)).toBe(0);
  for (const made of requests)
    for (const signal of ['logs', 'traces'] as const)
      if (made[signal] !== undefined)
        expect(jsonToProtobuf(signal, Buffer.from(JSON.stringify(made[signal]))).ok).toBe(true);
});

test('exceptions, messages and what the logging integration captures are errors', () => {
  expect(
    errors.map((record) => [textOf(record, 'exception.type'), textOf(record, 'exception.message')]),
  ).toEqual([
    ['BillingError', 'order 4711 cannot be billed'],
    ['ValueError', "invalid literal for int() with base 10: 'x'"],
    ['', 'queue invoices is full'],
    ['', 'billing is slow'],
    ['ExceptionGroup', 'checks failed'],
  ]);
  expect(errors.map((record) => textOf(record, 'user.id'))).toEqual(['ann', 'ann', 'ann', 'ann', 'ann']);
});

test('log records are of the span in which they were written', () => {
  expect(records.filter(({ spanId }) => spanId !== '').length).toBeGreaterThanOrEqual(errors.length + 2);
});

test('a chain of exceptions is read back with its cause', () => {
  const { exceptions } = parseStack(stackOf('BillingError')) ?? { exceptions: [] };
  expect(exceptions.map(({ type, frames }) => [type, frames[0]?.function])).toEqual([
    ['BillingError', 'run'],
    ['KeyError', 'charge'],
  ]);
});

test('a group of exceptions is read back with its parts, one of which has no stack', () => {
  const stack = stackOf('ExceptionGroup');
  const { exceptions } = parseStack(stack) ?? { exceptions: [] };
  expect(exceptions.map(({ type, message, frames }) => [type, message, frames[0]?.function])).toEqual([
    ['ExceptionGroup', 'checks failed', 'check_all'],
    ['ValueError', 'bad 1', 'check'],
    ['ValueError', 'bad 2', 'check'],
    ['BillingError', 'no stack', undefined],
  ]);
  const group = groupError(reported(stack));
  expect(group).toMatchObject({ type: 'ExceptionGroup', culprit: 'program:check' });
});
