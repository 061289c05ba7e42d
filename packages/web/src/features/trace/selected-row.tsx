import type { ReactElement } from 'react';
import { formatDurationMs } from '@sightline/base';
import { at, spanName, spanService } from '../../model/trace-model.ts';
import type { TraceView } from './use-trace-view.ts';

/** The row a screen reader is on: the canvas says nothing by itself. */
export function SelectedRow({ trace }: { readonly trace: TraceView }): ReactElement {
  const { model, selected, collapsed } = trace;
  const span = selected === -1 ? model.root : selected;
  const hasChildren = at(model.subtreeSize, span) > 1;
  return (
    <div
      id="waterfall-selected"
      className="visually-hidden"
      role="treeitem"
      aria-level={at(model.depth, span) + 1}
      aria-selected={span === selected}
      {...(hasChildren ? { 'aria-expanded': !collapsed.has(span) } : {})}
    >
      {spanName(model, span)}, {spanService(model, span)},{' '}
      {formatDurationMs((at(model.endUs, span) - at(model.startUs, span)) / 1000)}
      {at(model.isError, span) === 1 ? ', failed' : ''}
    </div>
  );
}
