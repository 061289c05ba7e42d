import { z } from 'zod';
import { limitsMet, rangeParameters, timestamp } from './common.ts';

export const serviceMapParameters = rangeParameters.extend({
  environment: z.string().max(500).optional(),
});

const before = z
  .object({
    calls: z.number(),
    errorRate: z.number().nullable(),
    p50Ms: z.number().nullable(),
    p95Ms: z.number().nullable(),
  })
  .nullable()
  .describe('The same in the time before, as long as the range; null where there was nothing.');

export const mapHealth = z
  .enum(['good', 'failing', 'slower', 'new', 'gone'])
  .describe(
    'Against the time before: more failures, or half as slow again at p95, each beyond what so few calls explain.',
  );

const sums = {
  calls: z.number().describe('Of all traces, reckoned from those that were looked at.'),
  errors: z.number(),
  perMinute: z.number(),
  errorRate: z.number().nullable(),
  p50Ms: z.number().nullable(),
  p95Ms: z.number().nullable(),
  before,
  health: mapHealth,
};

export const mapNodeKind = z.enum(['user', 'service', 'database', 'queue', 'model', 'mcp', 'external']);

export const mapNode = z.object({
  id: z.string(),
  kind: mapNodeKind,
  name: z.string(),
  group: z.string().describe("A model's provider, a database's or queue's system; '' for others."),
  ...sums,
});

export const mapEdge = z.object({
  source: z.string(),
  target: z.string(),
  kind: z.enum(['call', 'message', 'database', 'model', 'mcp']),
  ...sums,
  callerP50Ms: z.number().nullable().describe('As the caller sees it: the network and queues are in it.'),
});

export const serviceMapResponse = z.object({
  startTime: timestamp.describe(
    'Where the range begins; of more than an hour, the five minutes in which it does.',
  ),
  endTime: timestamp,
  sampledShare: z
    .number()
    .describe('Share of the spans that were looked at, of whole traces, picked by their ids.'),
  spans: z.number().int().describe('Spans that were looked at.'),
  nodes: z.array(mapNode).describe('The busiest first.'),
  edges: z.array(mapEdge),
  limitsMet,
});

export type ServiceMapParameters = z.infer<typeof serviceMapParameters>;
export type ServiceMapResponse = z.infer<typeof serviceMapResponse>;
export type MapNode = z.infer<typeof mapNode>;
export type MapEdge = z.infer<typeof mapEdge>;
export type MapNodeKind = z.infer<typeof mapNodeKind>;
export type MapHealth = z.infer<typeof mapHealth>;
