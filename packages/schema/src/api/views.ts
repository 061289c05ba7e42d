import { z } from 'zod';

const viewNameMax = 80;

/** There are no accounts: a browser has a name of its own, and lists what has that name. */
export const ownerName = z.string().regex(/^[A-Za-z0-9-]{0,64}$/, 'letters, digits and -');

/** A list as somebody wants to see it again: its filter, columns, sort and range, as the address of the page holds them. */
export const viewInput = z.strictObject({
  page: z
    .string()
    .regex(/^\/[a-z][a-z0-9/-]{0,60}$/, 'the path of a page, such as /runs')
    .describe('The path of the page.'),
  name: z.string().trim().min(1).max(viewNameMax),
  owner: ownerName
    .default('')
    .describe('Who sees it: what a browser calls itself; empty: everybody in the project.'),
  isDefault: z
    .boolean()
    .default(false)
    .describe(
      'The page opens with it where its address says nothing. One of a page and owner: the last that was saved so.',
    ),
  search: z
    .record(z.string().max(60), z.string().max(4_096))
    .refine((search) => Object.keys(search).length <= 40, 'at most 40 parameters'),
});

export const view = viewInput.extend({ id: z.string() });
export const viewsParameters = z.object({
  owner: z.string().max(64).default('').describe('Whose views are wanted beside those of the project.'),
});
export const viewsResponse = z.object({ views: z.array(view) });

export type ViewInput = z.output<typeof viewInput>;
export type View = z.infer<typeof view>;
export type ViewsResponse = z.infer<typeof viewsResponse>;
