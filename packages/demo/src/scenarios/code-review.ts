import type { Scenario } from '../scenario.ts';

const forge = (path: string) =>
  ({ type: 'http', method: 'GET', host: 'git.larkfield.internal', path }) as const;

export const codeReviewScenarios: readonly Scenario[] = [
  {
    name: 'a pull request that trusts a price from the browser',
    weight: 3,
    agent: 'codeReview',
    route: '/v1/reviews',
    turns: [
      {
        user: 'Review pull request #4182 “Checkout: apply voucher before shipping” by m.okafor.',
        steps: [
          {
            do: 'tools',
            calls: [
              {
                tool: 'get_diff',
                arguments: { pull_request: 4182 },
                result:
                  '--- a/checkout/total.ts\n+++ b/checkout/total.ts\n@@ -41,6 +41,9 @@ export function orderTotal(cart, body) {\n-  const subtotal = sumItems(cart.items);\n+  const subtotal = body.subtotal ?? sumItems(cart.items);\n+  const voucher = findVoucher(body.code);\n+  if (voucher) total -= voucher.amount;',
                medianMs: 310,
                backend: forge('/api/v4/projects/12/merge_requests/4182/diffs'),
              },
            ],
          },
          {
            do: 'delegate',
            to: [
              {
                agent: 'securityReviewer',
                task: 'Look for holes in the diff of #4182.',
                steps: [
                  {
                    do: 'tools',
                    calls: [
                      {
                        tool: 'search_code',
                        arguments: { pattern: 'body\\.subtotal' },
                        result: [
                          'checkout/total.ts:44',
                          'checkout/routes.ts:118 (passes req.body unchecked)',
                        ],
                        medianMs: 540,
                        backend: { type: 'process', command: 'rg --json body\\.subtotal' },
                      },
                    ],
                  },
                ],
                answer:
                  'Serious: checkout/total.ts:44 takes `subtotal` from the request body when it is present, and routes.ts:118 passes the body on unchecked. A buyer can send `{"subtotal": 0.01}` and pay one cent. Compute it from the cart only.',
              },
              {
                agent: 'testReviewer',
                task: 'Which tests cover what #4182 changes?',
                steps: [
                  {
                    do: 'tools',
                    calls: [
                      {
                        tool: 'run_tests',
                        arguments: { package: 'checkout' },
                        result: { passed: 212, failed: 0, duration_s: 9.4 },
                        medianMs: 9400,
                        backend: { type: 'process', command: 'npx vitest run packages/checkout' },
                        fails: { chance: 0.1, as: 'toolTimeout' },
                      },
                    ],
                  },
                ],
                answer:
                  'All 212 tests of checkout pass, and none would fail without this change: no test sends a voucher, and none sends a subtotal.',
              },
            ],
          },
          {
            do: 'tools',
            calls: [
              {
                tool: 'post_review',
                arguments: { pull_request: 4182, verdict: 'changes_requested' },
                result: { review: 99120, comments: 3 },
                medianMs: 420,
                backend: {
                  type: 'http',
                  method: 'POST',
                  host: 'git.larkfield.internal',
                  path: '/api/v4/projects/12/merge_requests/4182/notes',
                },
              },
            ],
          },
        ],
        answer:
          'Changes requested on #4182, three comments:\n\n1. checkout/total.ts:44 takes the subtotal from the request. A buyer can set it to one cent. Use sumItems(cart.items) always.\n2. checkout/total.ts:46 lets a voucher make the total negative; the payment provider answers that with an error page. Use Math.max(0, …).\n3. No test sends a voucher. One with a voucher larger than the cart would catch the second point.',
        evaluations: [
          {
            name: 'actionability',
            score: 0.94,
            label: 'actionable',
            explanation: 'Every comment names a line, a failure and a fix.',
          },
        ],
      },
    ],
  },
  {
    name: 'a migration that would lock a table',
    weight: 2,
    agent: 'codeReview',
    route: '/v1/reviews',
    turns: [
      {
        user: 'Review pull request #4190 “Add loyalty tier to customers” by s.lindqvist.',
        steps: [
          {
            do: 'tools',
            calls: [
              {
                tool: 'get_diff',
                arguments: { pull_request: 4190 },
                result:
                  '--- /dev/null\n+++ b/migrations/0217_loyalty_tier.sql\n@@ -0,0 +1,3 @@\n+ALTER TABLE customers ADD COLUMN loyalty_tier text NOT NULL DEFAULT compute_tier(id);\n+CREATE INDEX customers_tier ON customers (loyalty_tier);',
                medianMs: 290,
                backend: forge('/api/v4/projects/12/merge_requests/4190/diffs'),
              },
            ],
          },
          {
            do: 'retrieve',
            source: 'engineering-handbook',
            query: 'postgres migration add column volatile default table rewrite create index concurrently',
            documents: [
              {
                id: 'handbook/migrations#defaults',
                score: 0.927,
                content:
                  'A volatile default rewrites the whole table under an ACCESS EXCLUSIVE lock. Add the column nullable, backfill in batches, then set NOT NULL.',
              },
              {
                id: 'handbook/migrations#indexes',
                score: 0.901,
                content:
                  'Build indexes on tables above one million rows with CONCURRENTLY, outside a transaction.',
              },
              {
                id: 'incident/2025-02-11',
                score: 0.744,
                content:
                  'Checkout was down for eleven minutes while migration 0188 rewrote the orders table.',
              },
            ],
          },
        ],
        answer:
          'Changes requested on #4190. The default is volatile, so PostgreSQL rewrites all 6.2 million customers under an exclusive lock; the same happened on 11 February 2025 with the orders table and cost eleven minutes of checkout. Add the column nullable, backfill in batches of 10,000, then set NOT NULL. Build the index CONCURRENTLY in a migration of its own.',
      },
    ],
  },
];
