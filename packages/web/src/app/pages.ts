import type { IconName } from '../widgets/icon.tsx';

export interface AppPage {
  readonly to: string;
  readonly label: string;
  readonly icon: IconName;
  /** Typed one after the other. */
  readonly key: string;
  /** Stands behind the name of its group until somebody opens that. */
  readonly isFolded?: true;
}

export interface PageGroup {
  readonly label: string;
  readonly pages: readonly AppPage[];
}

/**
 * Every page that stands in the navigation and in the palette, in the order a day goes: what happened, who, with what, and the raw signals. At most
 * ten of them are not folded.
 */
export const pageGroups: readonly PageGroup[] = [
  {
    label: 'Home',
    pages: [
      { to: '/', label: 'Overview', icon: 'overview', key: 'g o' },
      { to: '/dashboards', label: 'Dashboards', icon: 'dashboards', key: 'g j' },
      { to: '/reports', label: 'Reports', icon: 'file', key: 'g 8', isFolded: true },
    ],
  },
  {
    label: 'Activity',
    pages: [
      { to: '/runs', label: 'Runs', icon: 'runs', key: 'g r' },
      { to: '/errors', label: 'Errors', icon: 'warning', key: 'g w' },
      { to: '/sessions', label: 'Sessions', icon: 'sessions', key: 'g e' },
      { to: '/users', label: 'Users', icon: 'users', key: 'g u', isFolded: true },
      { to: '/performance', label: 'Performance', icon: 'performance', key: 'g f', isFolded: true },
      { to: '/map', label: 'Service map', icon: 'graph', key: 'g z', isFolded: true },
      { to: '/compare', label: 'Compare', icon: 'columns', key: 'g =', isFolded: true },
      { to: '/alerts', label: 'Alerts', icon: 'bell', key: 'g b' },
      { to: '/slos', label: 'SLOs', icon: 'scores', key: 'g x', isFolded: true },
      { to: '/checks', label: 'Checks', icon: 'live', key: 'g h', isFolded: true },
      { to: '/outlook', label: 'Outlook', icon: 'metrics', key: 'g q', isFolded: true },
      { to: '/regressions', label: 'Regressions', icon: 'warning', key: 'g 5', isFolded: true },
    ],
  },
  {
    label: 'Building blocks',
    pages: [
      { to: '/agents', label: 'Agents', icon: 'agent', key: 'g a' },
      { to: '/fleet', label: 'Fleet', icon: 'overview', key: 'g 6', isFolded: true },
      { to: '/wall', label: 'Wall', icon: 'system', key: 'g 7', isFolded: true },
      { to: '/models', label: 'Models', icon: 'llm', key: 'g d' },
      { to: '/tools', label: 'Tools', icon: 'tool', key: 'g k', isFolded: true },
      { to: '/mcp', label: 'MCP', icon: 'mcp', key: 'g p', isFolded: true },
      { to: '/coding-agents', label: 'Coding agents', icon: 'terminal', key: 'g c', isFolded: true },
    ],
  },
  {
    label: 'Quality',
    pages: [
      { to: '/evaluators', label: 'Evaluators', icon: 'scores', key: 'g v', isFolded: true },
      { to: '/replays', label: 'Replays', icon: 'play', key: 'g y', isFolded: true },
      { to: '/annotate', label: 'Annotate', icon: 'check', key: 'g n', isFolded: true },
      { to: '/prompts', label: 'Prompts', icon: 'comment', key: 'g 1', isFolded: true },
      { to: '/datasets', label: 'Datasets', icon: 'columns', key: 'g 2', isFolded: true },
      { to: '/experiments', label: 'Experiments', icon: 'graph', key: 'g 3', isFolded: true },
      { to: '/playground', label: 'Playground', icon: 'play', key: 'g 4', isFolded: true },
    ],
  },
  {
    label: 'Signals',
    pages: [
      { to: '/traces', label: 'Traces', icon: 'traces', key: 'g t' },
      { to: '/logs', label: 'Logs', icon: 'logs', key: 'g l' },
      { to: '/metrics/explore', label: 'Metrics', icon: 'metrics', key: 'g m', isFolded: true },
      { to: '/timeline', label: 'Timeline', icon: 'timeline', key: 'g i', isFolded: true },
    ],
  },
  {
    label: 'System',
    pages: [
      { to: '/prices', label: 'Prices', icon: 'prices', key: 'g $', isFolded: true },
      { to: '/status', label: 'Status', icon: 'status', key: 'g s', isFolded: true },
    ],
  },
];

export const allPages: readonly AppPage[] = pageGroups.flatMap((group) => group.pages);

/** The pages of a group that are seen: all where it is open, else those in front and the one that is shown. */
export function shownPages(group: PageGroup, path: string, isOpen: boolean): readonly AppPage[] {
  return isOpen
    ? group.pages
    : group.pages.filter((page) => page.isFolded !== true || isCurrentPage(page, path));
}

/** Under the thumb on a phone; the rest is one tap further. */
export const thumbPages: readonly AppPage[] = ['/', '/alerts', '/runs', '/traces'].flatMap((to) =>
  allPages.filter((page) => page.to === to),
);

/** `/traces/{id}` belongs to Traces, and `/` only to itself. */
export function isCurrentPage(page: AppPage, path: string): boolean {
  return path === page.to || (page.to !== '/' && path.startsWith(`${page.to}/`));
}
