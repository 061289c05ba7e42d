/** Checks in words, and as they stand in the form, where every field is text. */
import type { Check, CheckInput, CheckTarget } from '@sightline/schema/api';
import { formatShare, counted } from '@sightline/base';
import { durationText, secondsOf } from './rule-form.ts';

export type CheckKind = CheckTarget['kind'];

export interface CheckField {
  readonly name: string;
  readonly label: string;
  readonly placeholder?: string;
  readonly isOptional?: boolean;
  readonly choices?: readonly string[];
  readonly isNumber?: boolean;
  readonly initial?: string;
}

const slower: CheckField = {
  name: 'slowerThanMs',
  label: 'Fails beyond, ms',
  isOptional: true,
  isNumber: true,
};
const host: CheckField = { name: 'host', label: 'Host', placeholder: 'db.example.com' };

export const checkKinds: readonly {
  readonly kind: CheckKind;
  readonly label: string;
  readonly fields: readonly CheckField[];
  /** A program makes it, not a person. */
  readonly isRegistered?: boolean;
}[] = [
  {
    kind: 'http',
    label: 'HTTP',
    fields: [
      { name: 'url', label: 'Address', placeholder: 'https://api.example.com/health' },
      { name: 'method', label: 'Method', choices: ['GET', 'HEAD', 'POST'], initial: 'GET' },
      { name: 'status', label: 'Status codes', initial: '200-299' },
      { name: 'bodyContains', label: 'The answer has', isOptional: true, placeholder: 'ok' },
      { name: 'jsonPath', label: 'Value in JSON', isOptional: true, placeholder: 'status.db' },
      { name: 'jsonEquals', label: 'is', isOptional: true, placeholder: 'ok' },
      { name: 'certificateDaysMin', label: 'Certificate holds, days', isOptional: true, isNumber: true },
      slower,
    ],
  },
  { kind: 'tcp', label: 'TCP', fields: [host, { name: 'port', label: 'Port', isNumber: true }, slower] },
  {
    kind: 'dns',
    label: 'DNS',
    fields: [
      host,
      { name: 'record', label: 'Record', choices: ['A', 'AAAA', 'CNAME', 'MX', 'TXT', 'NS'], initial: 'A' },
      { name: 'contains', label: 'One answer has', isOptional: true },
      { name: 'server', label: 'Name server', isOptional: true, placeholder: '1.1.1.1' },
      slower,
    ],
  },
  {
    kind: 'heartbeat',
    label: 'Heartbeat',
    fields: [{ name: 'graceS', label: 'May be late by, seconds', isNumber: true, initial: '60' }],
  },
  {
    kind: 'program',
    label: 'Program',
    isRegistered: true,
    fields: [
      { name: 'service', label: 'Service' },
      { name: 'graceS', label: 'May be late by, seconds', isNumber: true, initial: '30' },
    ],
  },
];

export interface CheckDraft {
  readonly kind: CheckKind;
  readonly name: string;
  readonly interval: string;
  readonly retries: string;
  readonly timeoutMs: string;
  readonly enabled: boolean;
  readonly onStatusPage: boolean;
  readonly values: Readonly<Record<string, string>>;
  /** Settings that the form does not show. */
  readonly kept: Readonly<Record<string, unknown>>;
}

export function newCheckDraft(kind: CheckKind): CheckDraft {
  return {
    kind,
    name: '',
    interval: '1m',
    retries: '2',
    timeoutMs: '10000',
    enabled: true,
    onStatusPage: true,
    values: Object.fromEntries(fieldsOf(kind).map(({ name, initial = '' }) => [name, initial])),
    kept: {},
  };
}

export function draftOfCheck(check: Check): CheckDraft {
  const { kind, ...rest } = check.target;
  const shown = new Set(fieldsOf(kind).map(({ name }) => name));
  const entries = Object.entries(rest);
  return {
    kind,
    name: check.name,
    interval: durationText(check.intervalS),
    retries: String(check.retries),
    timeoutMs: String(check.timeoutMs),
    enabled: check.enabled,
    onStatusPage: check.onStatusPage,
    values: Object.fromEntries(
      entries
        .filter(([name]) => shown.has(name))
        .map(([name, value]) => [name, typeof value === 'string' ? value : JSON.stringify(value)]),
    ),
    kept: Object.fromEntries(entries.filter(([name]) => !shown.has(name))),
  };
}

/** Whether the server looks: otherwise a program tells it. */
export function isAsked(kind: CheckKind): boolean {
  return kind !== 'heartbeat' && kind !== 'program';
}

/** The server checks what the values are. */
export function readCheckDraft(
  draft: CheckDraft,
): { readonly check: CheckInput } | { readonly problem: string } {
  const intervalS = secondsOf(draft.interval);
  if (intervalS === undefined)
    return { problem: `"${draft.interval}" is not a duration. Write 30s, 5m, 2h or 1d.` };
  const target: Record<string, unknown> = { ...draft.kept, kind: draft.kind };
  for (const { name, isOptional, isNumber } of fieldsOf(draft.kind)) {
    const text = (draft.values[name] ?? '').trim();
    if (text === '' && isOptional === true) continue;
    target[name] = isNumber === true ? Number(text) : text;
  }
  return {
    check: {
      name: draft.name.trim(),
      target: target as CheckTarget,
      intervalS,
      timeoutMs: Number(draft.timeoutMs),
      retries: Number(draft.retries),
      enabled: draft.enabled,
      onStatusPage: draft.onStatusPage,
    },
  };
}

/** What a check looks at, in a few words. */
export function targetWords(target: CheckTarget): string {
  switch (target.kind) {
    case 'http':
      return `${target.method === 'GET' ? '' : `${target.method} `}${target.url}`;
    case 'tcp':
      return `${target.host}:${target.port}`;
    case 'dns':
      return `${target.record} of ${target.host}${target.server === undefined ? '' : ` at ${target.server}`}`;
    case 'heartbeat':
      return 'waits for pings';
    case 'program':
      return `what ${target.service} reports`;
  }
}

/** Never rounded up to 100 %. */
export function uptimeWords({ share }: Check['uptime']['day']): string {
  if (share === null) return '–';
  if (share === 1) return '100 %';
  return share > 0.99 ? `${(Math.floor(share * 10_000) / 100).toFixed(2)} %` : formatShare(share);
}

export function checksSentence(checks: readonly Check[]): string {
  if (checks.length === 0) return 'Nothing is checked yet';
  const on = checks.filter(({ enabled }) => enabled);
  const down = on.filter(({ status }) => status === 'down');
  if (down.length > 0)
    return `${down.length} of ${counted(on.length, 'check')} ${down.length === 1 ? 'is' : 'are'} down: ${down
      .slice(0, 3)
      .map(({ name }) => name)
      .join(', ')}${down.length > 3 ? ' …' : ''}`;
  const unknown = on.filter(({ status }) => status === 'unknown').length;
  if (unknown > 0) return `${counted(on.length - unknown, 'check')} up, ${unknown} not known`;
  return on.length === 1 ? 'The check is up' : `All ${on.length} checks are up`;
}

function fieldsOf(kind: CheckKind): readonly CheckField[] {
  return checkKinds.find((one) => one.kind === kind)?.fields ?? [];
}
