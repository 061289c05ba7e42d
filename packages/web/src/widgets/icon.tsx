import type { ReactElement } from 'react';
import { familyIconPaths } from '../model/family-icons.ts';
import type { OperationFamily } from '../model/operation.ts';

/** Sixteen-pixel line icons, drawn here so that nothing is fetched. Decorative: the words beside them speak. */
const paths = {
  traces: 'M2 4h7M4 8h8M7 12h7',
  logs: 'M2.5 3.5h11M2.5 8h11M2.5 12.5h7',
  metrics: 'M2 13V3M2 13h12M4.5 10l3-3.5 2.5 2L14 4',
  timeline: 'M8 2v12M8 4h4.5M8 8H3.5M8 12h4.5',
  status: 'M1.5 8h3l2-5 3 10 2-5h3',
  start: 'M4 3l9 5-9 5z',
  search: 'M7 2.5a4.5 4.5 0 1 0 0 9 4.5 4.5 0 0 0 0-9zM10.5 10.5L14 14',
  close: 'M4 4l8 8M12 4l-8 8',
  chevronDown: 'M4 6l4 4 4-4',
  chevronRight: 'M6 4l4 4-4 4',
  chevronLeft: 'M10 4L6 8l4 4',
  chevronUp: 'M4 10l4-4 4 4',
  sun: 'M8 5.2a2.8 2.8 0 1 0 0 5.6 2.8 2.8 0 0 0 0-5.6zM8 1.5v1.3M8 13.2v1.3M1.5 8h1.3M13.2 8h1.3M3.4 3.4l.9.9M11.7 11.7l.9.9M3.4 12.6l.9-.9M11.7 4.3l.9-.9',
  moon: 'M13.5 9.5A5.8 5.8 0 0 1 6.5 2.5a5.8 5.8 0 1 0 7 7z',
  system: 'M2 3h12v8H2zM6 13.5h4',
  refresh: 'M13 5.5A5.5 5.5 0 1 0 13.5 9M13.3 2.5v3.2h-3.2',
  clock: 'M8 2a6 6 0 1 0 0 12A6 6 0 0 0 8 2zM8 4.8V8l2.2 1.6',
  copy: 'M5.5 5.5h8v8h-8zM3.5 10.5h-1v-8h8v1',
  check: 'M3 8.5l3.2 3.2L13 4.8',
  warning: 'M8 2.2L14.5 13.5h-13zM8 6.5v3.2M8 11.6v.2',
  error: 'M8 2a6 6 0 1 0 0 12A6 6 0 0 0 8 2zM8 5v3.6M8 10.8v.2',
  filter: 'M2 3.5h12l-4.7 5.3v4.2l-2.6-1.5V8.8z',
  exclude: 'M8 2a6 6 0 1 0 0 12A6 6 0 0 0 8 2zM3.8 3.8l8.4 8.4',
  columns: 'M2.5 3h11v10h-11zM6.2 3v10M9.9 3v10',
  keyboard: 'M1.5 4h13v8h-13zM4 6.5h.1M6.7 6.5h.1M9.3 6.5h.1M12 6.5h.1M4.5 9.5h7',
  link: 'M6.5 9.5l3-3M7 4.5l1.7-1.7a2.6 2.6 0 0 1 3.7 3.7L10.7 8.2M9 11.5l-1.7 1.7a2.6 2.6 0 0 1-3.7-3.7L5.3 7.8',
  more: 'M3.5 8h.1M8 8h.1M12.5 8h.1',
  live: 'M8 6.8a1.2 1.2 0 1 0 0 2.4 1.2 1.2 0 0 0 0-2.4zM5 5a4.2 4.2 0 0 0 0 6M11 5a4.2 4.2 0 0 1 0 6M3 3a7 7 0 0 0 0 10M13 3a7 7 0 0 1 0 10',
  flame: 'M2.5 3h11v2.5h-11zM2.5 6.8h7v2.5h-7zM2.5 10.6h4v2.5h-4z',
  tree: 'M3 2.5v8.5a1.5 1.5 0 0 0 1.5 1.5H7M3 6.5h4M9.5 6.5h4M9.5 12.5h4',
  dashboards: 'M2 2.5h12v11H2zM2 6h12M7 6v7.5M9.5 12V9.5M11.8 12V8',
  overview: 'M2.5 2.5h4.5v6H2.5zM9 2.5h4.5v3H9zM9 7.5h4.5v6H9zM2.5 10.5h4.5v3H2.5z',
  runs: 'M8 2a6 6 0 1 0 0 12A6 6 0 0 0 8 2zM6.7 5.6l3.8 2.4-3.8 2.4z',
  sessions: 'M2 3.5h9v6H6l-2.5 2.2V9.5H2zM13 6.5h1v5h-1.5v2l-2.2-2H8',
  users: 'M8 2.5a2.6 2.6 0 1 0 0 5.2 2.6 2.6 0 0 0 0-5.2zM3 13.5c.4-2.6 2.3-4 5-4s4.6 1.4 5 4',
  mcp: 'M5.5 2v3M10.5 2v3M4 5h8v3a4 4 0 0 1-8 0zM8 12v2.5',
  performance: 'M2.5 11.5a5.6 5.6 0 1 1 11 0M8 11.5l2.8-4.2M8 11.3v.4',
  scores: 'M8 2l1.8 3.8 4.2.5-3.1 2.9.8 4.1L8 11.3l-3.7 2 .8-4.1L2 6.3l4.2-.5z',
  prices:
    'M8 2v12M11 4.6C10.4 3.7 9.3 3.3 8 3.3c-1.8 0-3 .8-3 2.2 0 3.2 6.2 1.6 6.2 4.9 0 1.5-1.3 2.4-3.2 2.4-1.5 0-2.7-.5-3.3-1.5',
  terminal: 'M2 3h12v10H2zM4.5 6l2.2 2-2.2 2M8.5 10.5h3',
  graph:
    'M3.5 6.2a1.8 1.8 0 1 0 0 3.6 1.8 1.8 0 0 0 0-3.6zM12 2.2a1.8 1.8 0 1 0 0 3.6 1.8 1.8 0 0 0 0-3.6zM12 10.2a1.8 1.8 0 1 0 0 3.6 1.8 1.8 0 0 0 0-3.6zM5.2 7.2l5.1-2.4M5.2 8.8l5.1 2.4',
  pipeline: 'M2 4h4v8H2zM10 4h4v8h-4zM6 8h4',
  play: 'M5 3l8 5-8 5z',
  pause: 'M5 3v10M11 3v10',
  pin: 'M5.5 2h5l-.6 5 2.1 2.5H4L6.1 7zM8 9.5V14',
  plus: 'M8 3v10M3 8h10',
  minus: 'M3 8h10',
  fit: 'M2.5 6V2.5H6M10 2.5h3.5V6M13.5 10v3.5H10M6 13.5H2.5V10',
  image: 'M2 3h12v10H2zM2.5 11.5l3.5-4 3 3 2-2 2.5 2.5M10.8 5.6v.2',
  file: 'M4 2h5.5L12.5 5v9H4zM9.5 2v3h3',
  thumbUp:
    'M5 7.2v6.3H2.5V7.2zM5 7.2L7.8 2c1.2 0 2 .8 1.8 2L9.2 6.5h3.3c.9 0 1.5.7 1.3 1.6l-.9 4.1c-.2.8-.8 1.3-1.5 1.3H5',
  thumbDown:
    'M5 8.8V2.5H2.5v6.3zM5 8.8L7.8 14c1.2 0 2-.8 1.8-2l-.4-2.5h3.3c.9 0 1.5-.7 1.3-1.6l-.9-4.1c-.2-.8-.8-1.3-1.5-1.3H5',
  comment: 'M2.5 3h11v7.5H7.2L4 13.2v-2.7H2.5z',
  sidebar: 'M2 3h12v10H2zM6 3v10',
  bell: 'M8 2a4 4 0 0 0-4 4v3l-1.5 2.5h11L12 9V6a4 4 0 0 0-4-4zM6.5 13.5h3',
  ...familyIconPaths,
} as const;

export type IconName = keyof typeof paths;

/** The outline alone, for drawings that place it themselves. */
export function iconPath(name: IconName): string {
  return paths[name];
}

export function Icon({ name, size = 16 }: { readonly name: IconName; readonly size?: number }): ReactElement {
  return (
    <svg
      className="icon"
      width={size}
      height={size}
      viewBox="0 0 16 16"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.4"
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
    >
      <path d={paths[name]} />
    </svg>
  );
}

/** The mark of a span's family, in its hue. */
export function FamilyIcon({ family }: { readonly family: OperationFamily }): ReactElement {
  return (
    <span className={`family family-${family}`}>
      <Icon name={family} size={14} />
    </span>
  );
}
