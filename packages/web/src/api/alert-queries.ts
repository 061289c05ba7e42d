/** Alerts: what fires, the rules behind it, silences, and where messages go. Same rules as in `queries.ts`. */
import type {
  AlertEvent,
  AlertHistoryResponse,
  AlertInstance,
  AlertNotification,
  AlertRoute,
  AlertRule,
  AlertRuleInput,
  AlertsResponse,
  AlertsStatus,
  CheckRuleResponse,
  RuleKind,
  Silence,
  SilenceInput,
  TryRuleResponse,
} from '@sightline/schema/api';
import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import { getJson, sendJson } from './client.ts';

const everyMs = 5_000;

export const alertsQuery = queryOptions({
  queryKey: ['alerts', 'now'],
  queryFn: ({ signal }) => getJson<AlertsResponse>('/alerts', { limit: 500 }, signal),
  refetchInterval: everyMs,
  staleTime: 2_000,
});

export const alertRulesQuery = queryOptions({
  queryKey: ['alerts', 'rules'],
  queryFn: ({ signal }) => getJson<{ readonly rules: AlertRule[] }>('/alerts/rules', {}, signal),
  refetchInterval: everyMs,
  staleTime: 2_000,
});

export const alertRuleQuery = (id: string) =>
  queryOptions({
    queryKey: ['alerts', 'rule', id],
    queryFn: ({ signal }) => getJson<AlertRule>(`/alerts/rules/${id}`, {}, signal),
    refetchInterval: everyMs,
    staleTime: 2_000,
  });

export interface HistoryQuestion {
  readonly from: string;
  readonly to: string;
  readonly ruleId?: string | undefined;
  readonly kind?: AlertEvent['kind'] | undefined;
}

export const alertHistoryQuery = ({ from, to, ruleId, kind }: HistoryQuestion) =>
  queryOptions({
    queryKey: ['alerts', 'history', from, to, ruleId, kind],
    queryFn: ({ signal }) =>
      getJson<AlertHistoryResponse>('/alerts/history', { from, to, ruleId, kind, limit: 200 }, signal),
    placeholderData: keepPreviousData,
    refetchInterval: everyMs,
    staleTime: 2_000,
  });

export interface RuleTimeline {
  readonly from: string;
  readonly to: string;
  readonly instances: readonly {
    readonly instanceId: string;
    readonly labels: Readonly<Record<string, string>>;
    readonly spells: readonly {
      readonly state: AlertInstance['state'];
      readonly from: string;
      readonly to: string | null;
      readonly value: number | null;
    }[];
  }[];
  readonly gaps: readonly { readonly from: string; readonly to: string; readonly reason: string }[];
}

export const ruleTimelineQuery = (id: string, from: string, to: string) =>
  queryOptions({
    queryKey: ['alerts', 'timeline', id, from, to],
    queryFn: ({ signal }) => getJson<RuleTimeline>(`/alerts/rules/${id}/timeline`, { from, to }, signal),
    placeholderData: keepPreviousData,
    refetchInterval: 30_000,
    staleTime: 5_000,
  });

export const alertsStatusQuery = queryOptions({
  queryKey: ['alerts', 'status'],
  queryFn: ({ signal }) => getJson<AlertsStatus>('/alerts/status', {}, signal),
  refetchInterval: everyMs,
  staleTime: 2_000,
});

export const silencesQuery = queryOptions({
  queryKey: ['alerts', 'silences'],
  queryFn: ({ signal }) => getJson<{ readonly silences: Silence[] }>('/alerts/silences', {}, signal),
  refetchInterval: everyMs,
  staleTime: 2_000,
});

export interface SilencePreview {
  readonly alerts: readonly AlertInstance[];
  readonly count: number;
  readonly rules: readonly { readonly id: string; readonly name: string }[];
}

export const silencePreviewQuery = (matchers: string) =>
  queryOptions({
    queryKey: ['alerts', 'silence-preview', matchers],
    queryFn: ({ signal }) =>
      sendJson<SilencePreview>('POST', '/alerts/silences/preview', { matchers }, signal),
    enabled: matchers.trim() !== '',
    placeholderData: keepPreviousData,
    retry: false,
    staleTime: 5_000,
  });

export const routesQuery = queryOptions({
  queryKey: ['alerts', 'routes'],
  queryFn: ({ signal }) => getJson<{ readonly routes: AlertRoute[] }>('/alerts/routes', {}, signal),
  staleTime: 5_000,
});

export interface RoutePreview {
  readonly matched: readonly {
    readonly index: number;
    readonly name: string;
    readonly channels: readonly string[];
    readonly groupLabels: Readonly<Record<string, string>>;
  }[];
}

export const routePreviewQuery = (labels: Readonly<Record<string, string>>, routes: readonly AlertRoute[]) =>
  queryOptions({
    queryKey: ['alerts', 'route-preview', labels, routes],
    queryFn: ({ signal }) =>
      sendJson<RoutePreview>('POST', '/alerts/routes/preview', { labels, routes }, signal),
    placeholderData: keepPreviousData,
    retry: false,
    staleTime: 5_000,
  });

export const notificationsQuery = queryOptions({
  queryKey: ['alerts', 'notifications'],
  queryFn: ({ signal }) =>
    getJson<{ readonly notifications: AlertNotification[] }>('/alerts/notifications', { limit: 100 }, signal),
  refetchInterval: everyMs,
  staleTime: 2_000,
});

export interface RuleText {
  readonly kind: RuleKind;
  readonly query: string;
  readonly condition: string;
}

export const checkRuleQuery = (rule: RuleText) =>
  queryOptions({
    queryKey: ['alerts', 'check', rule],
    queryFn: ({ signal }) => sendJson<CheckRuleResponse>('POST', '/alerts/rules/check', rule, signal),
    enabled: rule.query.trim() !== '',
    placeholderData: keepPreviousData,
    staleTime: 60_000,
  });

export const tryRuleQuery = (rule: AlertRuleInput, from: string) =>
  queryOptions({
    queryKey: ['alerts', 'try', rule, from],
    queryFn: ({ signal }) =>
      sendJson<TryRuleResponse>('POST', '/alerts/rules/try', { rule, from, to: 'now', seriesMax: 8 }, signal),
    placeholderData: keepPreviousData,
    retry: false,
    staleTime: 30_000,
  });

export const saveRule = (id: string | undefined, rule: AlertRuleInput) =>
  id === undefined
    ? sendJson<AlertRule>('POST', '/alerts/rules', rule)
    : sendJson<AlertRule>('PUT', `/alerts/rules/${id}`, rule);
export const deleteRule = (id: string) => sendJson<unknown>('DELETE', `/alerts/rules/${id}`);
export const acknowledge = (id: string, words: { readonly who: string; readonly comment: string }) =>
  sendJson<AlertInstance>('POST', `/alerts/${id}/acknowledge`, words);
export const takeAcknowledgementBack = (id: string) =>
  sendJson<AlertInstance>('DELETE', `/alerts/${id}/acknowledge`);
export const addSilence = (silence: SilenceInput) => sendJson<Silence>('POST', '/alerts/silences', silence);
export const endSilence = (id: string) => sendJson<Silence>('DELETE', `/alerts/silences/${id}`);
export const saveRoutes = (routes: readonly AlertRoute[]) =>
  sendJson<{ readonly routes: AlertRoute[] }>('PUT', '/alerts/routes', { routes });
export const retryNotification = (id: string) =>
  sendJson<AlertNotification>('POST', `/alerts/notifications/${id}/retry`);
