import { DemoFailure, type ServiceFailure } from './service.ts';

/** What goes wrong in the demo, as each service's runtime reports it. */
const failures = {
  rateLimited: {
    type: 'RateLimitError',
    message:
      '429 rate_limit_error: This request would exceed your organization’s rate limit of 400,000 input tokens per minute',
    stack: `RateLimitError: 429 rate_limit_error: This request would exceed your organization’s rate limit of 400,000 input tokens per minute
    at APIError.generate (/app/node_modules/@anthropic-ai/sdk/core/error.mjs:52:20)
    at Anthropic.makeStatusError (/app/node_modules/@anthropic-ai/sdk/client.mjs:168:32)
    at Anthropic.makeRequest (/app/node_modules/@anthropic-ai/sdk/client.mjs:317:30)
    at process.processTicksAndRejections (node:internal/process/task_queues:105:5)
    at async UpstreamPool.forward (/app/src/upstream/pool.ts:141:22)
    at async handleChat (/app/src/routes/chat.ts:88:18)`,
  },
  toolTimeout: {
    type: 'ToolTimeoutError',
    message: 'tools/call did not answer within 8000 ms',
    stack: `ToolTimeoutError: tools/call did not answer within 8000 ms
    at Timeout.<anonymous> (/app/src/mcp/client.ts:204:15)
    at listOnTimeout (node:internal/timers:605:17)
    at process.processTimers (node:internal/timers:541:7)
    at async McpClient.callTool (/app/src/mcp/client.ts:171:20)
    at async AgentLoop.runTool (/app/src/agent/loop.ts:233:24)
    at async AgentLoop.step (/app/src/agent/loop.ts:126:9)`,
  },
  carrierDown: {
    type: 'CarrierUnavailableError',
    message: 'carrier API answered 503 Service Unavailable (parcel-tracking, attempt 2 of 2)',
    stack: `CarrierUnavailableError: carrier API answered 503 Service Unavailable (parcel-tracking, attempt 2 of 2)
    at CarrierClient.track (/app/src/tools/carrier-client.ts:77:13)
    at process.processTicksAndRejections (node:internal/process/task_queues:105:5)
    at async trackParcel (/app/src/tools/track-parcel.ts:31:18)
    at async ToolRegistry.dispatch (/app/src/server/registry.ts:58:22)`,
  },
  vectorTimeout: {
    type: 'QueryTimeout',
    message: 'points.search on "larkfield_kb" cancelled after 3000 ms while segment 14 is being optimized',
    stack: `thread 'search-worker-3' reported: QueryTimeout
  0: segment::search::search_in_segments
        at lib/collection/src/collection_manager/segments_searcher.rs:284
  1: collection::shards::local_shard::search
        at lib/collection/src/shards/local_shard/search.rs:119
  2: api::grpc::points::search
        at src/tonic/api/points_api.rs:402`,
  },
  badJson: {
    type: 'SyntaxError',
    message: 'Expected double-quoted property name in JSON at position 412 (line 9 column 5)',
    stack: `SyntaxError: Expected double-quoted property name in JSON at position 412 (line 9 column 5)
    at JSON.parse (<anonymous>)
    at parseStructuredOutput (/app/src/agent/structured-output.ts:47:19)
    at AgentLoop.readPlan (/app/src/agent/loop.ts:181:20)
    at process.processTicksAndRejections (node:internal/process/task_queues:105:5)
    at async AgentLoop.run (/app/src/agent/loop.ts:74:18)`,
  },
  deadlock: {
    type: 'DatabaseError',
    message:
      'deadlock detected: process 4127 waits for ShareLock on transaction 918264; blocked by process 4131',
    stack: `error: deadlock detected
    at Parser.parseErrorMessage (/app/node_modules/pg-protocol/dist/parser.js:285:98)
    at Parser.handlePacket (/app/node_modules/pg-protocol/dist/parser.js:122:29)
    at Socket.<anonymous> (/app/node_modules/pg-protocol/dist/index.js:11:42)
    at async withTransaction (/app/src/db/transaction.ts:29:5)
    at async postLedgerEntry (/app/src/jobs/post-ledger-entry.ts:52:3)`,
  },
  cardDeclined: {
    type: 'PaymentDeclinedError',
    message: 'card_declined: insufficient_funds (invoice INV-20417)',
    stack: `PaymentDeclinedError: card_declined: insufficient_funds (invoice INV-20417)
    at PaymentsClient.charge (/app/src/payments/client.ts:96:11)
    at process.processTicksAndRejections (node:internal/process/task_queues:105:5)
    at async chargeInvoice (/app/src/jobs/charge-invoice.ts:44:20)
    at async Worker.handle (/app/src/worker.ts:83:7)`,
  },
  contentFiltered: {
    type: 'ContentFilterError',
    message: 'the answer was withheld: it contained a customer’s full card number',
    stack: `ContentFilterError: the answer was withheld: it contained a customer’s full card number
    at OutputGuard.check (/app/src/guardrails/output-guard.ts:63:13)
    at async AgentLoop.finish (/app/src/agent/loop.ts:302:5)`,
  },
  upstreamExhausted: {
    type: 'ModelUnavailableError',
    message: 'no model answered: claude-sonnet-5 is rate limited after 3 attempts',
    stack: `ModelUnavailableError: no model answered: claude-sonnet-5 is rate limited after 3 attempts
    at ModelClient.complete (/app/src/models/client.ts:132:13)
    at process.processTicksAndRejections (node:internal/process/task_queues:105:5)
    at async AgentLoop.think (/app/src/agent/loop.ts:148:20)
    at async AgentLoop.run (/app/src/agent/loop.ts:81:22)`,
  },
} as const satisfies Record<string, ServiceFailure>;

export type FailureId = keyof typeof failures;

export function createFailure(id: FailureId): DemoFailure {
  return new DemoFailure(failures[id]);
}
