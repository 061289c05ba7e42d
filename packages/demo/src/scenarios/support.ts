import type { Scenario } from '../scenario.ts';

const orders = (id: string) =>
  ({
    type: 'postgresql',
    table: 'orders',
    statement: `SELECT o.*, p.carrier, p.tracking_number FROM orders o LEFT JOIN parcels p USING (order_id) WHERE o.order_id = '${id}'`,
  }) as const;
const carrier = (number: string) =>
  ({ type: 'http', method: 'GET', host: 'api.parcelwise.eu', path: `/v2/shipments/${number}` }) as const;

export const supportScenarios: readonly Scenario[] = [
  {
    name: 'a parcel that does not arrive, refunded in part',
    weight: 7,
    agent: 'support',
    route: '/v1/chat',
    turns: [
      {
        user: 'Hi, my rain jacket should have been here on Tuesday. Order LF-48213. Where is it?',
        steps: [
          { do: 'guard', name: 'pii-input', on: 'input' },
          {
            do: 'tools',
            thinks:
              'The customer names an order and asks where it is. I may not speak about an order before I looked it up, so get_order first. Its parcel has a tracking number on the receipt they quote in the form, so the carrier can be asked in the same step.',
            say: 'I will look at the order and ask the carrier.',
            calls: [
              {
                tool: 'get_order',
                arguments: { order_id: 'LF-48213' },
                result: {
                  order_id: 'LF-48213',
                  items: [{ sku: 'JKT-ALTA-M', title: 'Alta 3L rain jacket, M', price_eur: 189 }],
                  shipped: '2026-11-14',
                  tracking_number: 'PW77120934',
                },
                medianMs: 42,
                backend: orders('LF-48213'),
              },
              {
                tool: 'track_parcel',
                arguments: { tracking_number: 'PW77120934' },
                result: {
                  status: 'in_transit',
                  last_scan: 'Eindhoven hub, 2026-11-17 22:41',
                  promised: '2026-11-17',
                  new_estimate: '2026-11-20',
                },
                medianMs: 640,
                backend: carrier('PW77120934'),
                fails: { chance: 0.06, as: 'carrierDown' },
              },
            ],
          },
        ],
        answer:
          'Your Alta rain jacket left us on 14 November and was last scanned at the carrier’s hub in Eindhoven on the evening of the 17th. It missed its connection there; the carrier now expects to deliver it on Friday, 20 November. I am sorry for the wait. Would you rather keep waiting, or shall I look at what we can do about the delay?',
        apology:
          'I found your order: the jacket left us on 14 November. The carrier’s tracking does not answer at the moment, so I cannot say where the parcel is. I will write to you as soon as it does.',
      },
      {
        user: 'I needed it for a trip this weekend. Can I at least get the express fee back?',
        steps: [
          {
            do: 'retrieve',
            source: 'support-policies',
            query: 'refund of express shipping fee when delivery is late',
            documents: [
              {
                id: 'policy/shipping#late-express',
                score: 0.912,
                content:
                  'If an express parcel arrives after the promised day, the express fee (12.90 EUR) is refunded in full on request. No proof is needed; the carrier’s scan is enough.',
              },
              {
                id: 'policy/returns#unused-30-days',
                score: 0.604,
                content:
                  'Unused items can be returned within 30 days of delivery. The customer pays for the return unless the item was faulty or late by more than seven days.',
              },
              {
                id: 'policy/shipping#lost',
                score: 0.571,
                content:
                  'A parcel without a scan for ten days counts as lost. Send a replacement at once, or refund the order.',
              },
              {
                id: 'faq/express-countries',
                score: 0.322,
                content:
                  'Express delivery is offered in Belgium, Germany, France, Luxembourg and the Netherlands.',
              },
            ],
          },
          {
            do: 'tools',
            calls: [
              {
                tool: 'create_refund',
                arguments: { order_id: 'LF-48213', amount_eur: 12.9, reason: 'express parcel late' },
                result: { refund_id: 'RF-90188', amount_eur: 12.9, state: 'queued' },
                medianMs: 88,
                backend: {
                  type: 'postgresql',
                  table: 'refunds',
                  statement:
                    'INSERT INTO refunds (order_id, amount_cents, reason) VALUES ($1, $2, $3) RETURNING refund_id',
                },
                publishes: { queue: 'refunds', amountEur: 12.9 },
              },
            ],
          },
        ],
        answer:
          'Yes. Our policy is clear: when an express parcel is late, the express fee is refunded in full. I have just sent 12.90 EUR back to the card you paid with (refund RF-90188); it takes two to three banking days. If the jacket comes too late for your trip, you can also return it unused within 30 days.',
        evaluations: [
          {
            name: 'groundedness',
            score: 0.97,
            label: 'grounded',
            explanation: 'The refund and its amount follow from policy/shipping#late-express.',
          },
          {
            name: 'hallucination',
            score: 0.04,
            label: 'factual',
            explanation: 'Amount, number and days are from the policy and the tool.',
          },
          {
            name: 'helpfulness',
            score: 0.9,
            label: 'helpful',
            explanation: 'Solved in one step; offers the alternative.',
          },
        ],
      },
      {
        user: 'Perfect, thank you!',
        steps: [],
        answer: 'Gladly. Have a dry weekend, and write again if the parcel is not there by Friday evening.',
      },
    ],
  },
  {
    name: 'whether an e-bike battery may fly',
    weight: 6,
    agent: 'support',
    route: '/v1/chat',
    turns: [
      {
        user: 'Can I take the battery of my Trekker 500 on a plane? It says 504 Wh.',
        steps: [
          {
            do: 'retrieve',
            source: 'product-manuals',
            query: 'Trekker 500 battery watt hours air travel lithium limit',
            documents: [
              {
                id: 'manual/trekker-500#battery',
                score: 0.884,
                content:
                  'Battery: lithium-ion, 36 V, 14 Ah, 504 Wh. Transport class UN 3480/3481. The battery is removable; key required.',
              },
              {
                id: 'faq/batteries-on-planes',
                score: 0.871,
                content:
                  'Airlines take lithium batteries up to 100 Wh without, and up to 160 Wh with approval. Batteries above 160 Wh are not allowed in hand or hold luggage.',
              },
              {
                id: 'manual/trekker-400#battery',
                score: 0.733,
                content: 'Battery: lithium-ion, 36 V, 11 Ah, 396 Wh.',
              },
              {
                id: 'faq/rent-a-battery',
                score: 0.648,
                content: 'Partner workshops in 14 cities rent Trekker batteries for 9 EUR a day.',
              },
            ],
          },
        ],
        answer:
          'Sadly not: the Trekker 500’s battery holds 504 Wh, and airlines accept at most 160 Wh, with their approval. You can fly with the bicycle and leave the battery at home; partner workshops in 14 cities rent a matching one for 9 EUR a day. Shall I check whether your destination is among them?',
        evaluations: [
          {
            name: 'groundedness',
            score: 0.99,
            label: 'grounded',
            explanation: 'Both limits and the capacity are quoted from retrieved documents.',
          },
          {
            name: 'hallucination',
            score: 0.05,
            label: 'factual',
            explanation: 'Each figure stands in a passage.',
            orElse: {
              chance: 0.08,
              score: 0.85,
              label: 'hallucinated',
              explanation: 'Promises that a workshop at the destination has a battery; no passage says so.',
            },
          },
        ],
      },
    ],
  },
  {
    name: 'a gear that slips, booked for repair',
    weight: 4,
    agent: 'support',
    route: '/v1/chat',
    turns: [
      {
        user: 'The gears on my Fjell 29 slip under load since last week. Still under warranty I think (LF-39077). Here is the chain:',
        photo: 'chain',
        steps: [
          {
            do: 'tools',
            calls: [
              {
                tool: 'get_order',
                arguments: { order_id: 'LF-39077' },
                result: {
                  order_id: 'LF-39077',
                  items: [{ sku: 'BIKE-FJELL-29-L', title: 'Fjell 29 hardtail, L', price_eur: 1349 }],
                  delivered: '2025-05-03',
                },
                medianMs: 39,
                backend: orders('LF-39077'),
              },
            ],
          },
          {
            do: 'retrieve',
            source: 'support-policies',
            query: 'warranty drivetrain wear parts chain cassette slipping Fjell 29',
            documents: [
              {
                id: 'policy/warranty#bikes',
                score: 0.861,
                content:
                  'Bicycles carry a two-year warranty from delivery. Wear parts (chain, cassette, brake pads, tyres) are covered for defects of material only.',
              },
              {
                id: 'guide/slipping-gears',
                score: 0.842,
                content:
                  'Slipping under load: measure the chain first. Above 0.75 % stretch, chain and cassette are worn and are replaced together.',
              },
              {
                id: 'policy/first-service',
                score: 0.611,
                content: 'The first service within three months of delivery is free.',
              },
            ],
          },
        ],
        answer:
          'Your Fjell 29 was delivered on 3 May 2025, so the two-year warranty holds. Slipping under load mostly means a worn chain and cassette, which the warranty covers only if the material was faulty; a workshop has to measure that. Shall I book you a slot? Tell me the city that suits you.',
      },
      {
        user: 'Ghent please, any day after Wednesday.',
        steps: [
          {
            do: 'tools',
            calls: [
              {
                tool: 'book_repair',
                arguments: { product: 'Fjell 29', store: 'ghent' },
                result: { booking: 'WS-5521', store: 'Ghent, Dampoortstraat 12', slot: '2026-11-26T09:30' },
                medianMs: 910,
                backend: {
                  type: 'http',
                  method: 'POST',
                  host: 'workshop.larkfield.internal',
                  path: '/bookings',
                },
                fails: { chance: 0.12, as: 'toolTimeout' },
              },
            ],
          },
        ],
        answer:
          'Booked: Thursday, 26 November at 9:30, Larkfield workshop Ghent, Dampoortstraat 12 (booking WS-5521). Measuring the chain takes ten minutes and costs nothing. If the material is at fault, the repair is free; otherwise chain and cassette are about 95 EUR with labour, and they will ask you first.',
        apology:
          'The workshop’s calendar does not answer right now, so I could not book. I have noted your wish (Ghent, after Wednesday), and a colleague will confirm a slot by e-mail today.',
      },
    ],
  },
  {
    name: 'a payment question with a card number in it',
    weight: 2,
    agent: 'support',
    route: '/v1/chat',
    turns: [
      {
        user: 'Why was I charged twice for LF-50110?? My card is the one ending 4242.',
        steps: [
          { do: 'guard', name: 'pii-input', on: 'input' },
          {
            do: 'tools',
            calls: [
              {
                tool: 'get_order',
                arguments: { order_id: 'LF-50110' },
                result: {
                  order_id: 'LF-50110',
                  total_eur: 64.5,
                  payments: [
                    { id: 'pay_1', state: 'captured', amount_eur: 64.5 },
                    { id: 'pay_0', state: 'authorised', amount_eur: 64.5, expires: '2026-11-24' },
                  ],
                },
                medianMs: 47,
                backend: orders('LF-50110'),
              },
            ],
          },
          { do: 'guard', name: 'pii-output', on: 'output', blocks: { chance: 0.3, as: 'contentFiltered' } },
        ],
        answer:
          'You were charged once. The second line is a reservation from a first attempt that your bank refused: it holds 64.50 EUR, was never collected, and your bank lets it go by 24 November at the latest. If it is still there on the 25th, write to me and I will ask the payment provider to release it.',
      },
    ],
  },
];
