/** One row per endpoint. The rows drive the routes, the checking of requests and the OpenAPI document alike. */
import type {
  DamageAccepted,
  KeyScope,
  LedgerResponse,
  QuarantineResent,
  RetentionSettings,
  StatusResponse,
} from '@sightline/schema/api';
import { ensure } from '@sightline/base';
import type { SightlineError } from '@sightline/schema/errors';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { z } from 'zod';
import type { ChannelDeps } from '../../alerts/channels/open-channel.ts';
import type { OpenedLink } from '../../catalog/dashboard-links.ts';
import type { CatalogDatabase } from '../../catalog/catalog-database.ts';
import type { DemoJobs } from '../../demo/demo-jobs.ts';
import type { CheckKeeper } from '../../checks/check-keeper.ts';
import type { ReportKeeper } from '../../reports/report-keeper.ts';
import type { ReplayKeeper } from '../../replay/replay-keeper.ts';
import type { AlertKeeper } from '../../alerts/alert-keeper.ts';
import type { SloKeeper } from '../../alerts/slos/slo-keeper.ts';
import type { EvaluationRunner } from '../../evaluation/evaluation-runner.ts';
import type { ExperimentRunner } from '../../experiments/experiment-runner.ts';
import type { ConnectionSurroundings } from '../../playground/connections.ts';
import type { HistoryJobs } from '../../pricing/history-jobs.ts';
import type { PriceKeeper } from '../../pricing/price-keeper.ts';
import type { SharedLinks } from '../shared-links.ts';
import type { KeptHistories } from '../../query/alerts/kept-histories.ts';
import type { QueryContext } from '../../query/reader.ts';
import type { QueryShare } from '../../storage/query-share.ts';

/** What the endpoints answer from. */
export interface ApiSources {
  readonly ledger: () => LedgerResponse | Promise<LedgerResponse>;
  /** Tries to store pieces of the quarantine, those after this name. */
  readonly resendQuarantine: (after: string) => Promise<QuarantineResent>;
  /** Takes what is damaged in the store as lost. */
  readonly acceptDamage: () => Promise<DamageAccepted>;
  readonly status: () => StatusResponse | Promise<StatusResponse>;
  /** Keys of the control plane. */
  readonly catalog: CatalogDatabase;
  readonly alerts: Pick<AlertKeeper, 'status'>;
  readonly slos: Pick<SloKeeper, 'changed'>;
  readonly evaluation: Pick<EvaluationRunner, 'status' | 'judgeSurroundings'>;
  readonly prices: Pick<PriceKeeper, 'bookOf' | 'overridesOf' | 'changeOverrides'>;
  readonly history: Pick<HistoryJobs, 'start' | 'find'>;
  readonly demo: Pick<DemoJobs, 'read' | 'load' | 'delete' | 'makeDocuments'>;
  readonly histories?: KeptHistories | undefined;
  /** Whoever has a link to a dashboard. */
  readonly links: SharedLinks;
  readonly checks: Pick<CheckKeeper, 'changed' | 'reported'>;
  readonly reports: Pick<ReportKeeper, 'sendNow'>;
  readonly experiments: Pick<ExperimentRunner, 'changed'>;
  /** Where models may be asked, and with which keys. */
  readonly models: ConnectionSurroundings;
  readonly replays: Pick<ReplayKeeper, 'changed' | 'giveWork' | 'takeResult'>;
  /** Runs a task while nothing is loaded. */
  readonly whileLoadsWait: <T>(task: () => Promise<T>) => Promise<T>;
  readonly retention: {
    read(): RetentionSettings;
    change(settings: RetentionSettings): Promise<void>;
  };
  /** What channels are opened with, to try them. */
  readonly channels: Pick<ChannelDeps, 'reach' | 'clock' | 'log'>;
}

export interface Asked<Params, Query, Body> {
  readonly context: QueryContext;
  readonly sources: ApiSources;
  readonly params: Params;
  readonly query: Query;
  readonly body: Body;
  /** The hash of the key that was sent, or `own` for that of the options; nothing where none was needed. */
  readonly key: string | undefined;
  /** What its link shows, where the route is for links. */
  readonly link: OpenedLink | undefined;
  /** Why whoever asked may not have more of an answer that takes long: keys are revoked. */
  readonly refusedNow: () => Promise<SightlineError | undefined>;
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
}

/** What a request must show: a key with this scope, or the secret of a shared link. */
export type RouteScope = KeyScope | 'link';

export type Method = 'GET' | 'POST' | 'PUT' | 'DELETE';

export interface ApiRoute {
  readonly method: Method;
  /** Below /api/v1, with `:name` for parameters. */
  readonly path: string;
  readonly summary: string;
  readonly tag: string;
  readonly scope: RouteScope;
  readonly params: z.ZodObject | undefined;
  readonly query: z.ZodObject | undefined;
  readonly body: z.ZodType | undefined;
  /** Undefined where the answer is never one JSON document. */
  readonly response: z.ZodType | undefined;
  /** The content types of a file, instead of a response or where one is asked for. */
  readonly files: readonly string[] | undefined;
  /** Of an answer that comes in pieces: what each of them is. */
  readonly pieces: Pieces | undefined;
  /** In which its queries have their turn; see `shareOf` where nothing is said. */
  readonly share: QueryShare | undefined;
  /** How long a body may be; 1 MiB where nothing is said. The key is looked at before a longer one is read. */
  readonly bodyBytesMax: number | undefined;
  /** The answer's JSON, or undefined where the reply was taken over. */
  readonly answer: (asked: Asked<unknown, unknown, unknown>) => unknown;
}

export interface Pieces {
  readonly contentType: string;
  readonly description: string;
  /** By the name of its event, where it has one. */
  readonly kinds: Readonly<Record<string, z.ZodType>>;
  /** Of server-sent events: they have no `event`. */
  readonly areUnnamed?: boolean;
}

interface RouteInput<
  Params extends z.ZodObject,
  Query extends z.ZodObject,
  Body extends z.ZodType,
  Answer extends z.ZodType,
> {
  readonly method?: Method;
  readonly path: string;
  readonly summary: string;
  readonly tag: string;
  readonly scope: RouteScope;
  readonly params?: Params;
  readonly query?: Query;
  readonly body?: Body;
  readonly response?: Answer;
  readonly files?: readonly string[];
  readonly pieces?: Pieces;
  readonly share?: QueryShare;
  readonly bodyBytesMax?: number;
  /** A string is the text of a file. */
  readonly answer: (
    asked: Asked<z.output<Params>, z.output<Query>, z.output<Body>>,
  ) => z.input<Answer> | string | Promise<z.input<Answer> | string>;
}

/** The link of a request to a route for links. */
export const openedLink = (link: OpenedLink | undefined): OpenedLink =>
  ensure(link, 'the link of the request');

/** Ties the types of the handler to the row's schemas. */
export function route<
  Params extends z.ZodObject = z.ZodObject,
  Query extends z.ZodObject = z.ZodObject,
  Body extends z.ZodType = z.ZodType,
  Answer extends z.ZodType = z.ZodType,
>(input: RouteInput<Params, Query, Body, Answer>): ApiRoute {
  const { params, query, body, response } = input;
  return {
    method: input.method ?? 'GET',
    path: input.path,
    summary: input.summary,
    tag: input.tag,
    scope: input.scope,
    params,
    query,
    body,
    response,
    files: input.files,
    pieces: input.pieces,
    share: input.share,
    bodyBytesMax: input.bodyBytesMax,
    // The schemas have checked the parts by the time the handler sees them.
    answer: input.answer as ApiRoute['answer'],
  };
}
