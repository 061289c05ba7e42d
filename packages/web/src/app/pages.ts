import type { IconName } from '../widgets/icon.tsx';

export interface AppPage {
  readonly to: string;
  readonly label: string;
  readonly icon: IconName;
  /** Typed one after the other. */
  readonly key: string;
}

export interface PageGroup {
  readonly label: string;
  readonly pages: readonly AppPage[];
}

/** Every page that stands in the navigation and in the palette, in the order a day goes: what happened, who, with what, and the raw signals. */
export const pageGroups: readonly PageGroup[] = [
  { label: 'Home', pages: [{ to: '/', label: 'Overview', icon: 'overview', key: 'g o' }] },
  {
    label: 'Work',
    pages: [
      { to: '/runs', label: 'Runs', icon: 'runs', key: 'g r' },
      { to: '/sessions', label: 'Sessions', icon: 'sessions', key: 'g e' },
      { to: '/users', label: 'Users', icon: 'users', key: 'g u' },
      { to: '/performance', label: 'Performance', icon: 'performance', key: 'g f' },
    ],
  },
  {
    label: 'Parts',
    pages: [
      { to: '/agents', label: 'Agents', icon: 'agent', key: 'g a' },
      { to: '/models', label: 'Models', icon: 'llm', key: 'g d' },
      { to: '/tools', label: 'Tools', icon: 'tool', key: 'g k' },
      { to: '/mcp', label: 'MCP', icon: 'mcp', key: 'g p' },
      { to: '/coding-agents', label: 'Coding agents', icon: 'terminal', key: 'g c' },
    ],
  },
  {
    label: 'Quality',
    pages: [
      { to: '/evaluators', label: 'Evaluators', icon: 'scores', key: 'g v' },
      { to: '/annotate', label: 'Annotate', icon: 'check', key: 'g n' },
    ],
  },
  {
    label: 'Signals',
    pages: [
      { to: '/traces', label: 'Traces', icon: 'traces', key: 'g t' },
      { to: '/logs', label: 'Logs', icon: 'logs', key: 'g l' },
      { to: '/metrics/explore', label: 'Metrics', icon: 'metrics', key: 'g m' },
      { to: '/timeline', label: 'Timeline', icon: 'timeline', key: 'g i' },
    ],
  },
  {
    label: 'System',
    pages: [
      { to: '/prices', label: 'Prices', icon: 'prices', key: 'g $' },
      { to: '/status', label: 'Status', icon: 'status', key: 'g s' },
    ],
  },
];

export const allPages: readonly AppPage[] = pageGroups.flatMap((group) => group.pages);

/** Under the thumb on a phone; the rest is one tap further. */
export const thumbPages: readonly AppPage[] = ['/', '/runs', '/traces', '/logs'].flatMap((to) =>
  allPages.filter((page) => page.to === to),
);

/** `/traces/{id}` belongs to Traces, and `/` only to itself. */
export function isCurrentPage(page: AppPage, path: string): boolean {
  return path === page.to || (page.to !== '/' && path.startsWith(`${page.to}/`));
}
