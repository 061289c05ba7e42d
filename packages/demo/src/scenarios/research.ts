import type { Scenario } from '../scenario.ts';

const search = { type: 'http', method: 'GET', host: 'api.searchlane.com', path: '/v1/search' } as const;
const page = (host: string, path: string) => ({ type: 'http', method: 'GET', host, path }) as const;
const warehouse = (statement: string) => ({ type: 'postgresql', table: 'sales_weekly', statement }) as const;

export const researchScenarios: readonly Scenario[] = [
  {
    name: 'how many gravel bikes to order for spring',
    weight: 3,
    agent: 'research',
    route: '/v1/research',
    turns: [
      {
        user: 'How many gravel bikes should we order for spring 2027, and in which sizes? Budget 400k EUR, supplier deadline is Friday.',
        steps: [
          {
            do: 'plan',
            thinks:
              'Two figures decide this: what sold by size, and what the season will look like. The first is in the warehouse; for the second I need at least two independent sources. The deadline is Friday, so lead times matter: ask for the supplier’s terms as well. Then a range, not a single number.',
            plan: [
              'Sales of gravel bikes by size, last 104 weeks',
              'Market outlook for gravel bikes in the Benelux and Germany',
              'Supplier terms and lead times',
              'Recommendation with a range and the main risk',
            ],
          },
          {
            do: 'delegate',
            to: [
              {
                agent: 'webSearcher',
                task: 'Find the outlook for gravel bike sales in 2027 for the Benelux and Germany, from at least two sources.',
                steps: [
                  {
                    do: 'tools',
                    calls: [
                      {
                        tool: 'web_search',
                        arguments: { query: 'gravel bike market outlook 2027 Benelux Germany units' },
                        result: [
                          {
                            title: 'Gravel holds while trekking falls: dealer survey autumn 2026',
                            url: 'https://velotrade.example/survey-autumn-2026',
                          },
                          {
                            title: 'Stock levels normalise across Europe',
                            url: 'https://cyclebrief.example/stock-levels-q3',
                          },
                        ],
                        medianMs: 820,
                        backend: search,
                        fails: { chance: 0.08, as: 'toolTimeout' },
                      },
                    ],
                  },
                  {
                    do: 'tools',
                    calls: [
                      {
                        tool: 'read_page',
                        arguments: { url: 'https://velotrade.example/survey-autumn-2026' },
                        result:
                          '412 dealers asked; 61 % expect gravel sales to grow in 2027, by 6 % on average; sizes M and L are named as short most often.',
                        medianMs: 1350,
                        backend: page('velotrade.example', '/survey-autumn-2026'),
                      },
                      {
                        tool: 'read_page',
                        arguments: { url: 'https://cyclebrief.example/stock-levels-q3' },
                        result:
                          'Stock of gravel bikes fell to 11 weeks of sales in September, from 19 a year before; discounts below 10 % are the rule again.',
                        medianMs: 1720,
                        backend: page('cyclebrief.example', '/stock-levels-q3'),
                      },
                    ],
                  },
                ],
                answer:
                  'Two sources agree on growth: dealers expect +6 % for 2027 (Velotrade, 412 dealers), and stock has fallen to 11 weeks (Cyclebrief, Q3). M and L are the sizes that run short.',
              },
              {
                agent: 'analyst',
                task: 'Gravel bikes by size and week over the last 104 weeks, with sell-through and weeks out of stock.',
                steps: [
                  {
                    do: 'tools',
                    calls: [
                      {
                        tool: 'sales_query',
                        arguments: { query: 'gravel_by_size', weeks: 104 },
                        result: {
                          S: { units: 74, weeks_out: 1 },
                          M: { units: 201, weeks_out: 9 },
                          L: { units: 188, weeks_out: 7 },
                          XL: { units: 61, weeks_out: 0 },
                        },
                        medianMs: 2900,
                        backend: warehouse(
                          'SELECT size, sum(units), count(*) FILTER (WHERE stock = 0) FROM sales_weekly WHERE category = $1 GROUP BY size',
                        ),
                      },
                    ],
                  },
                ],
                answer:
                  'In 104 weeks we sold 524 gravel bikes: 74 S, 201 M, 188 L, 61 XL. M was out of stock for nine weeks and L for seven, so their demand is higher than their sales, by roughly 9 % and 7 %.',
              },
            ],
          },
          {
            do: 'retrieve',
            source: 'supplier-documents',
            query: 'gravel bike supplier price list 2027 minimum order lead time',
            documents: [
              {
                id: 'supplier/terra-frames/2027-terms',
                score: 0.893,
                content:
                  'Terra GX 27: 1,120 EUR per unit from 150 units, 1,060 EUR from 300. Lead time 14 weeks. Reorders in season: none.',
              },
              {
                id: 'supplier/terra-frames/claims-2025',
                score: 0.622,
                content: 'Claims in 2025: 1.4 % of units, mostly paint damage in transit.',
              },
              {
                id: 'minutes/buying-2026-09-30',
                score: 0.577,
                content:
                  'The team wants to avoid markdowns in August as in 2024; better to sell out two weeks early.',
              },
            ],
          },
        ],
        answer:
          'Order 300 bikes: 40 S, 118 M, 108 L, 34 XL, for 318,000 EUR.\n\nWhy: we sell about 262 a year. Corrected for the weeks M and L were sold out, demand is near 283; dealers expect 6 % growth (Velotrade survey, 412 dealers), which gives 300. At 300 units the price falls to 1,060 EUR.\n\nRange: 270 to 325. The main risk is that there are no reorders in season and delivery takes 14 weeks; the minutes of 30 September say you prefer to sell out early, so I did not go above 300.\n\nNot found out: what competitors in Ghent and Cologne have ordered.',
        evaluations: [
          {
            name: 'groundedness',
            score: 0.88,
            label: 'grounded',
            explanation:
              'All figures are from the warehouse, two articles and the supplier’s terms; the correction for lost sales is an estimate and is called one.',
          },
          { name: 'completeness', score: 0.8, label: 'good', explanation: 'Names what could not be found.' },
        ],
      },
    ],
  },
  {
    name: 'why returns of hiking boots went up',
    weight: 2,
    agent: 'research',
    route: '/v1/research',
    turns: [
      {
        user: 'Returns of hiking boots are up this quarter. What is behind it?',
        steps: [
          {
            do: 'plan',
            plan: ['Returns by model and reason', 'Reviews that mention fit', 'Changes at the supplier'],
          },
          {
            do: 'tools',
            calls: [
              {
                tool: 'sales_query',
                arguments: { query: 'returns_by_reason_boots', weeks: 13 },
                result: {
                  total: 318,
                  previous: 204,
                  by_model: { 'Moraine GTX': 171, 'Scree Mid': 49, other: 98 },
                  moraine_reasons: { too_small: 133, changed_mind: 22, other: 16 },
                },
                medianMs: 3400,
                backend: warehouse(
                  'SELECT model, reason, count(*) FROM returns WHERE category = $1 AND week > now() - $2 GROUP BY 1, 2',
                ),
              },
            ],
          },
          {
            do: 'retrieve',
            source: 'product-reviews',
            query: 'Moraine GTX runs small tight fit size up',
            documents: [
              {
                id: 'review/88121',
                score: 0.902,
                content: 'Always a 43 in Moraine, but this pair pinches at the toes. Sent back for a 44.',
              },
              {
                id: 'review/88307',
                score: 0.887,
                content: 'Great boot, but it is cut smaller than last year’s. Order one size up.',
              },
              { id: 'review/87650', score: 0.71, content: 'Warm, dry, light. A little narrow.' },
              {
                id: 'supplier/moraine/last-change-2026-07',
                score: 0.695,
                content:
                  'From lot 2026-07 on the Moraine GTX is built on last 412 instead of 408: forefoot volume −4 %.',
              },
            ],
          },
        ],
        answer:
          'One model explains it: the Moraine GTX, with 171 of 318 returns (204 in the quarter before). 133 of its returns say “too small”. In July the supplier changed the last from 408 to 412, which takes 4 % of volume from the forefoot; reviews since then tell people to order a size up.\n\nProposal: add “runs small, take one size up” to the product page today, and move 20 % of the next order by one size. The other models are where they were.',
        evaluations: [
          {
            name: 'groundedness',
            score: 0.95,
            label: 'grounded',
            explanation:
              'Cause and figures are supported by the returns table and supplier/moraine/last-change-2026-07.',
          },
        ],
      },
    ],
  },
];
