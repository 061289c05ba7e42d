/** One row per endpoint. The rows drive the routes, the checking of requests and the OpenAPI document alike. */
import type {
  DamageAccepted,
  KeyScope,
  LedgerResponse,
  QuarantineResent,
  RetentionSettings,
  StatusResponse,
} from '@sightline/schema/api';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { z } from 'zod';
import type { CatalogDatabase } from '../../catalog/catalog.ts';
import type { EvaluationRunner } from '../../evaluation/evaluation-runner.ts';
import type { HistoryJobs } from '../../pricing/history-jobs.ts';
import type { PriceKeeper } from '../../pricing/price-keeper.ts';
import type { QueryContext } from '../../query/reader.ts';
import type { QueryShare } from '../../storage/query-queue.ts';

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
  readonly evaluation: Pick<EvaluationRunner, 'status' | 'judgeSurroundings'>;
  readonly prices: Pick<PriceKeeper, 'bookOf' | 'overridesOf' | 'changeOverrides'>;
  readonly history: Pick<HistoryJobs, 'start' | 'find'>;
  /** Runs a task while nothing is loaded. */
  readonly whileLoadsWait: <T>(task: () => Promise<T>) => Promise<T>;
  readonly retention: {
    read(): RetentionSettings;
    change(settings: RetentionSettings): Promise<void>;
  };
}

export interface Asked<Params, Query, Body> {
  readonly context: QueryContext;
  readonly sources: ApiSources;
  readonly params: Params;
  readonly query: Query;
  readonly body: Body;
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
}

export type Method = 'GET' | 'POST' | 'PUT' | 'DELETE';

export interface ApiRoute {
  readonly method: Method;
  /** Below /api/v1, with `:name` for parameters. */
  readonly path: string;
  readonly summary: string;
  readonly tag: string;
  /** What a key must have to ask here. */
  readonly scope: KeyScope;
  readonly params: z.ZodObject | undefined;
  readonly query: z.ZodObject | undefined;
  readonly body: z.ZodType | undefined;
  /** Undefined where the answer is a stream of events. */
  readonly response: z.ZodType | undefined;
  /** In which its queries have their turn; see `shareOf` where nothing is said. */
  readonly share: QueryShare | undefined;
  /** The answer's JSON, or undefined where the reply was taken over. */
  readonly answer: (asked: Asked<unknown, unknown, unknown>) => unknown;
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
  readonly scope: KeyScope;
  readonly params?: Params;
  readonly query?: Query;
  readonly body?: Body;
  readonly response?: Answer;
  readonly share?: QueryShare;
  readonly answer: (
    asked: Asked<z.output<Params>, z.output<Query>, z.output<Body>>,
  ) => z.input<Answer> | Promise<z.input<Answer>>;
}

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
    share: input.share,
    // The schemas have checked the parts by the time the handler sees them.
    answer: input.answer as ApiRoute['answer'],
  };
}
