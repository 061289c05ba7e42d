import type { ReactElement } from 'react';
import { formatRelative } from '../model/timestamp.ts';
import { Icon } from './icon.tsx';
import type { ShownPart } from './use-part.ts';
import { useNow } from './use-now.ts';
import './part-note.css';

/** That a card shows its last answer, or none, and why. */
export function PartNote({ missing }: Pick<ShownPart, 'missing'>): ReactElement | null {
  const nowMs = useNow();
  if (missing === undefined) return null;
  const { message, answeredMs } = missing;
  const words = answeredMs === 0 ? message : `Of ${formatRelative(answeredMs, nowMs)}: ${message}`;
  return (
    <span className="part-note warn-text small" role="status" title={words}>
      <Icon name="warning" size={12} />
      <span className="clip">{words}</span>
    </span>
  );
}
