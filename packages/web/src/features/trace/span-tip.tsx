import type { ReactElement } from 'react';
import { formatDurationMs, formatShare } from '@sightline/base';
import { operationFamilies } from '../../model/operation.ts';
import { at, spanModelName, spanName, spanService, spanStatusMessage } from '../../model/trace-model.ts';
import { FamilyIcon } from '../../widgets/icon.tsx';
import type { TraceView } from './use-trace-view.ts';

interface SpanTipProps {
  readonly trace: TraceView;
  readonly span: number;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** What the pointer is on, in four lines. */
export function SpanTip({ trace, span, x, y, width, height }: SpanTipProps): ReactElement {
  const { model, path } = trace;
  const durationUs = at(model.endUs, span) - at(model.startUs, span);
  const modelName = spanModelName(model, span);
  const message = spanStatusMessage(model, span);
  const side = x > width - 340 ? { right: width - x + 14 } : { left: x + 14 };
  const edge = y > height - 120 ? { bottom: height - y + 8 } : { top: y + 62 };
  return (
    <div className="floating span-tip" style={{ ...side, ...edge }}>
      <div className="span-tip-name">
        <FamilyIcon family={operationFamilies[at(model.family, span)] ?? 'other'} />
        <strong className="clip">{spanName(model, span)}</strong>
      </div>
      <div className="soft small">
        {spanService(model, span)}
        {modelName === '' ? '' : ` · ${modelName}`}
      </div>
      <div className="small">
        {formatDurationMs(durationUs / 1000)}
        <span className="faint">
          {' '}
          · own {formatDurationMs(at(model.selfUs, span) / 1000)} · starts at{' '}
          {formatDurationMs(at(model.startUs, span) / 1000)}
        </span>
      </div>
      {at(path.onPathUs, span) > 0 && (
        <div className="small faint">
          {formatShare(at(path.onPathUs, span) / Math.max(1, path.totalUs))} of the critical path
        </div>
      )}
      {message !== '' && <div className="small error-text span-tip-message">{message}</div>}
    </div>
  );
}
