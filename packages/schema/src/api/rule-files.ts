import { z } from 'zod';

/** What a file of alerts may hold. */
export const alertFileParts = ['rules', 'routes', 'silences'] as const;

export const importRulesRequest = z.strictObject({
  format: z.enum(['prometheus', 'sightline']),
  text: z.string().max(2_000_000).describe('YAML.'),
  apply: z.boolean().default(true).describe('false: only say what would change.'),
  prune: z
    .boolean()
    .default(false)
    .describe(
      'true: rules of these groups that the file has not are deleted, and silences are ended where the file has a list of silences without them.',
    ),
  part: z
    .enum(alertFileParts)
    .optional()
    .describe('Only this part of the file, which must be there. Without it: all that the file has.'),
});
export const importRulesResponse = z.object({
  changes: z.array(
    z.object({
      part: z.enum(alertFileParts),
      name: z.string().describe('Of a silence: its matchers.'),
      group: z.string().describe('Of a rule.'),
      action: z.enum(['create', 'change', 'same', 'delete']),
      fields: z.array(z.string()).describe('What changes.'),
    }),
  ),
  problems: z.array(
    z.object({ place: z.string(), message: z.string(), caret: z.string(), hint: z.string() }),
  ),
  applied: z.boolean(),
});
export const exportRulesParameters = z.object({
  format: z.enum(['prometheus', 'sightline']).default('sightline'),
  part: z.enum(alertFileParts).default('rules').describe('Routes and silences are only in our format.'),
});
export const exportRulesResponse = z.object({
  format: z.enum(['prometheus', 'sightline']),
  text: z.string().describe('YAML.'),
  left: z.array(z.string()).describe('Names of rules that this format cannot hold.'),
});

/** As `promtool test rules` reads it. */
export const testRulesRequest = z.strictObject({
  test: z.string().max(1_000_000).describe('YAML with `tests`, as for `promtool test rules`.'),
  files: z
    .array(
      z.strictObject({
        name: z
          .string()
          .max(500)
          .describe('As `rule_files` has it; files that one pattern meets have its name, each.'),
        text: z.string().max(2_000_000),
      }),
    )
    .max(100)
    .describe('The files that `rule_files` of the test names.'),
  ignoreUnknownFields: z
    .boolean()
    .default(false)
    .describe('Fields of tests and rules that nobody knows are left out, and not refused.'),
});
export const testRulesResponse = z.object({
  passed: z.boolean(),
  tests: z.number().int(),
  checks: z.number().int().describe('Expectations that were looked at.'),
  failures: z.array(z.object({ test: z.string(), message: z.string() })),
});

export type AlertFilePart = (typeof alertFileParts)[number];
export type ImportRulesRequest = z.output<typeof importRulesRequest>;
export type ImportRulesResponse = z.infer<typeof importRulesResponse>;
export type TestRulesRequest = z.output<typeof testRulesRequest>;
export type TestRulesResponse = z.infer<typeof testRulesResponse>;
