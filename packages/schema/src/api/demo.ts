import { z } from 'zod';
import type { sloInput } from './slos.ts';

type SloGiven = z.input<typeof sloInput>;

/** The resource attribute that every item of the demo carries, and its value, which nothing else has. */
export const demoAttribute = 'sightline.demo';
export const demoMark = 'sightline-demo-data';

const where = `resource.${demoAttribute}:${demoMark}`;
/** SLOs that are made with the demo data, by the server and by `sightline demo`, and count nothing else. By their label they go with it. */
export const demoSlos: readonly SloGiven[] = [
  {
    name: 'Runs succeed (demo)',
    description: 'Runs of the demo that do not fail.',
    objective: 0.95,
    indicator: { kind: 'availability', of: 'runs', where },
    labels: { demo: 'true' },
  },
  {
    name: 'Calls begin to answer fast (demo)',
    description: 'Calls of models whose first token comes within a second.',
    objective: 0.9,
    indicator: { kind: 'latency', of: 'calls', where, measure: 'ttft', withinMs: 1_000 },
    alerts: 'ticket',
    labels: { demo: 'true' },
  },
];

export const demoState = z.object({
  state: z
    .enum(['none', 'loading', 'loaded', 'deleting', 'failed'])
    .describe(
      'none: nothing of the demo is stored. failed: the last task did not end; it can be started again.',
    ),
  part: z.number().min(0).max(1).describe('Of what is being loaded or deleted.'),
  spans: z.number().int().describe('Of the demo: sent while loading, stored otherwise.'),
  error: z.string().nullable(),
});

export const demoDocuments = z
  .object({
    slos: z.number().int(),
    prompts: z.number().int(),
    datasets: z.number().int(),
    experiments: z.number().int(),
  })
  .describe('How many of each were made; what was there already stays as it is.');

export type DemoState = z.infer<typeof demoState>;
export type DemoDocuments = z.infer<typeof demoDocuments>;
