import { useVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useRef, type KeyboardEvent, type ReactElement } from 'react';
import { formatCostUsd, formatCount, formatDurationMs } from '@sightline/base';
import { operationFamilies } from '../../model/operation.ts';
import { serviceSeries } from '../../model/service-series.ts';
import { at, spanName, spanService } from '../../model/trace-model.ts';
import { rowOf } from '../../model/trace-rows.ts';
import { FamilyIcon, Icon } from '../../widgets/icon.tsx';
import type { TraceView } from './use-trace-view.ts';
import './span-tree.css';

const rowHeight = 28;

/** The spans as an indented table, for reading and for screen readers. */
export function SpanTree({ trace }: { readonly trace: TraceView }): ReactElement {
  const { model, rows, selected } = trace;
  const scroller = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowHeight,
    overscan: 8,
  });
  useEffect(() => {
    const row = selected === -1 ? -1 : rowOf(model, rows, selected);
    if (row !== -1) virtual.scrollToIndex(row, { align: 'auto' });
    // oxlint-disable-next-line react-hooks/exhaustive-deps
  }, [selected]);
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key === 'ArrowDown') trace.stepRow(1);
    else if (event.key === 'ArrowUp') trace.stepRow(-1);
    else if (event.key === 'ArrowLeft' && selected !== -1) {
      if (at(model.subtreeSize, selected) > 1 && !trace.collapsed.has(selected)) trace.toggle(selected);
      else if (at(model.parent, selected) !== -1) trace.select(at(model.parent, selected));
    } else if (event.key === 'ArrowRight' && selected !== -1 && trace.collapsed.has(selected))
      trace.toggle(selected);
    else return;
    event.preventDefault();
  };
  return (
    <div
      ref={scroller}
      className="span-tree"
      role="treegrid"
      aria-label="Spans"
      aria-rowcount={rows.length + 1}
      tabIndex={0}
      onKeyDown={onKeyDown}
    >
      <div role="rowgroup" className="span-tree-head">
        <div role="row" className="span-tree-row">
          {['Span', 'Service', 'Start', 'Duration', 'Own time', 'Tokens', 'Cost'].map((label, index) => (
            <span key={label} role="columnheader" className={index > 1 ? 'end' : ''}>
              {label}
            </span>
          ))}
        </div>
      </div>
      <div role="rowgroup" style={{ height: virtual.getTotalSize(), position: 'relative' }}>
        {virtual.getVirtualItems().map((item) => (
          <SpanTreeRow
            key={at(rows, item.index)}
            trace={trace}
            span={at(rows, item.index)}
            row={item.index}
            top={item.start}
          />
        ))}
      </div>
    </div>
  );
}

function SpanTreeRow(props: { trace: TraceView; span: number; row: number; top: number }): ReactElement {
  const { trace, span, row, top } = props;
  const { model } = trace;
  const { inputTokens, outputTokens, costUsd } = model.slim.columns;
  const isOpen = !trace.collapsed.has(span);
  const hasChildren = at(model.subtreeSize, span) > 1;
  const tokens = (inputTokens[span] ?? 0) + (outputTokens[span] ?? 0);
  const cost = costUsd[span] ?? null;
  const isDim = trace.matches !== undefined && trace.matches.isMatch[span] !== 1;
  return (
    <div
      role="row"
      aria-rowindex={row + 2}
      aria-level={at(model.depth, span) + 1}
      aria-selected={span === trace.selected}
      {...(hasChildren ? { 'aria-expanded': isOpen } : {})}
      className={isDim ? 'span-tree-row span-tree-item is-dim' : 'span-tree-row span-tree-item'}
      style={{ transform: `translateY(${top}px)` }}
      onClick={() => trace.select(span)}
    >
      <span
        role="gridcell"
        className="span-tree-name"
        style={{ paddingLeft: Math.min(at(model.depth, span), 24) * 14 }}
      >
        {hasChildren ? (
          <button
            type="button"
            tabIndex={-1}
            aria-label={isOpen ? 'Close' : 'Open'}
            onClick={(event) => {
              event.stopPropagation();
              trace.toggle(span);
            }}
          >
            <Icon name={isOpen ? 'chevronDown' : 'chevronRight'} size={12} />
          </button>
        ) : (
          <span className="span-tree-gap" />
        )}
        <FamilyIcon family={operationFamilies[at(model.family, span)] ?? 'other'} />
        <span className={at(model.isError, span) === 1 ? 'clip error-text' : 'clip'}>
          {spanName(model, span) || '(no name)'}
        </span>
      </span>
      <span role="gridcell" className="clip soft">
        <i className={`service-mark series-${serviceSeries(model, span) + 1}`} aria-hidden="true" />
        {spanService(model, span)}
      </span>
      <span role="gridcell" className="num">
        {formatDurationMs(at(model.startUs, span) / 1000)}
      </span>
      <span role="gridcell" className="num">
        {formatDurationMs((at(model.endUs, span) - at(model.startUs, span)) / 1000)}
      </span>
      <span role="gridcell" className="num soft">
        {formatDurationMs(at(model.selfUs, span) / 1000)}
      </span>
      <span role="gridcell" className="num">
        {tokens === 0 ? <span className="faint">–</span> : formatCount(tokens)}
      </span>
      <span role="gridcell" className="num">
        {cost === null ? <span className="faint">–</span> : formatCostUsd(cost)}
      </span>
    </div>
  );
}
