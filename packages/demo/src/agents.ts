import type { Agent, AgentId } from './scenario.ts';

export const agents: Readonly<Record<AgentId, Agent>> = {
  support: {
    name: 'support-agent',
    id: 'agt_support',
    version: '2026.11.2',
    description: 'Answers customers of the Larkfield shop about orders, returns and repairs.',
    model: 'sonnet',
    temperature: 0.2,
    promptTokens: 1840,
    system:
      'You are the support agent of Larkfield, a shop for bicycles and outdoor gear. Be brief, warm and exact. Quote the policy you rely on. Look an order up before you speak about it. Refunds above 150 EUR need a human; hand over instead of promising.',
    tools: [
      {
        name: 'get_order',
        description: 'Reads an order with its parcels and payments.',
        parameters: { order_id: 'string' },
      },
      {
        name: 'track_parcel',
        description: 'Asks the carrier where a parcel is.',
        parameters: { tracking_number: 'string' },
      },
      {
        name: 'create_refund',
        description: 'Refunds a part of an order to the card it was paid with.',
        parameters: { order_id: 'string', amount_eur: 'number', reason: 'string' },
      },
      {
        name: 'book_repair',
        description: 'Books a repair slot at a workshop.',
        parameters: { product: 'string', store: 'string' },
      },
    ],
  },
  research: {
    name: 'research-agent',
    id: 'agt_research',
    version: '2026.10.4',
    description: 'Prepares decisions of the buying team from the web, sales data and supplier documents.',
    model: 'gpt',
    temperature: 0.4,
    promptTokens: 2410,
    system:
      'You prepare decisions for the buying team of Larkfield. Plan first. Use at least two independent sources for every figure, name them, and say plainly what you could not find out.',
    tools: [
      {
        name: 'sales_query',
        description: 'Runs a saved query over the sales warehouse.',
        parameters: { query: 'string', weeks: 'integer' },
      },
    ],
  },
  webSearcher: {
    name: 'web-searcher',
    id: 'agt_web_searcher',
    version: '1.8.0',
    description: 'Finds and reads pages.',
    model: 'gptMini',
    temperature: 0,
    promptTokens: 720,
    system:
      'Search, open the most promising pages, and return quotes with their addresses. Never answer from memory.',
    tools: [
      { name: 'web_search', description: 'Searches the web.', parameters: { query: 'string' } },
      { name: 'read_page', description: 'Returns the text of a page.', parameters: { url: 'string' } },
    ],
  },
  analyst: {
    name: 'sales-analyst',
    id: 'agt_analyst',
    version: '1.3.1',
    description: 'Reads the sales warehouse.',
    model: 'gptMini',
    temperature: 0,
    promptTokens: 960,
    system:
      'You answer questions about sales with figures from the warehouse, always with the period and the unit.',
    tools: [
      {
        name: 'sales_query',
        description: 'Runs a saved query over the sales warehouse.',
        parameters: { query: 'string', weeks: 'integer' },
      },
    ],
  },
  codeReview: {
    name: 'code-review-agent',
    id: 'agt_code_review',
    version: '3.2.0',
    description: 'Reviews pull requests of the shop’s code.',
    model: 'sonnet',
    temperature: 0,
    promptTokens: 3150,
    system:
      'You review pull requests. Comment only on what can break, leak or mislead. Each comment names the line, the failure it leads to, and a fix. Praise nothing, repeat nothing the linter says.',
    tools: [
      {
        name: 'get_diff',
        description: 'Returns the diff of a pull request.',
        parameters: { pull_request: 'integer' },
      },
      { name: 'search_code', description: 'Searches the repository.', parameters: { pattern: 'string' } },
      { name: 'run_tests', description: 'Runs the tests of one package.', parameters: { package: 'string' } },
      {
        name: 'post_review',
        description: 'Posts the review.',
        parameters: { pull_request: 'integer', verdict: 'string' },
      },
    ],
  },
  securityReviewer: {
    name: 'security-reviewer',
    id: 'agt_security',
    version: '1.1.0',
    description: 'Looks for holes: injection, secrets, authorisation.',
    model: 'sonnet',
    temperature: 0,
    promptTokens: 1290,
    system:
      'Look for injection, missing authorisation, secrets and unsafe deserialisation in the diff. Say how each could be used.',
    tools: [
      { name: 'search_code', description: 'Searches the repository.', parameters: { pattern: 'string' } },
    ],
  },
  testReviewer: {
    name: 'test-reviewer',
    id: 'agt_tests',
    version: '1.0.3',
    description: 'Checks that what changed is tested.',
    model: 'haiku',
    temperature: 0,
    promptTokens: 840,
    system:
      'For every changed behaviour name the test that would fail without the change, or say that there is none.',
    tools: [
      { name: 'run_tests', description: 'Runs the tests of one package.', parameters: { package: 'string' } },
    ],
  },
};
