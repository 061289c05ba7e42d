import { z } from 'zod';

/** The resource attribute that every item of the demo carries, and its value, which nothing else has. */
export const demoAttribute = 'sightline.demo';
export const demoMark = 'sightline-demo-data';

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

export type DemoState = z.infer<typeof demoState>;
