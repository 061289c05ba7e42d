import type { TimelineEntry } from '@sightline/schema/api';
import type { ReactElement } from 'react';
import { linearTicks } from '../../model/axis-ticks.ts';
import { formatDurationMs } from '@sightline/base';
import { seriesCount } from '../../model/service-series.ts';
import type { Lane, TimelineModel } from '../../model/timeline-model.ts';
import { useSize } from '../../widgets/use-size.ts';

interface TimelineLanesProps {
  readonly model: TimelineModel;
  readonly entries: readonly TimelineEntry[];
  readonly selected: number;
  readonly onSelect: (entry: number) => void;
}

const axisHeight = 20;
const levelHeight = 8;
/** The room of a label such as “25.0 min”: what does not fit before the edge is left out, never cut. */
const tickLabelWidth = 60;

/** The request at a glance: a line per service, spans as bars, logs and events as ticks. */
export function TimelineLanes({ model, entries, selected, onSelect }: TimelineLanesProps): ReactElement {
  const { ref, size } = useSize<HTMLDivElement>();
  const isNarrow = size.width < 600;
  const labelWidth = isNarrow ? 104 : 168;
  const width = Math.max(0, size.width - labelWidth - 20);
  let top = axisHeight;
  const placed = model.lanes.map((lane) => {
    const height =
      Math.max(
        1,
        lane.bars.reduce((most, bar) => Math.max(most, bar.level + 1), 1),
      ) *
        levelHeight +
      18;
    const at = top;
    top += height;
    return { lane, top: at, height };
  });
  const x = (share: number): number => labelWidth + share * width;
  return (
    <div ref={ref} className="timeline-lanes">
      {size.width > 0 && (
        <svg
          width={size.width}
          height={top}
          role="img"
          aria-label={`Lanes of ${model.lanes.length} services over ${formatDurationMs(model.durationMs)}`}
        >
          {linearTicks(0, model.durationMs, Math.max(2, width / 120)).map((ms) => (
            <g key={ms}>
              <line
                className="timeline-grid"
                x1={x(ms / model.durationMs)}
                x2={x(ms / model.durationMs)}
                y1={axisHeight - 4}
                y2={top}
              />
              {x(ms / model.durationMs) + tickLabelWidth <= size.width && (
                <text className="axis-label" x={x(ms / model.durationMs) + 4} y={13}>
                  {formatDurationMs(ms)}
                </text>
              )}
            </g>
          ))}
          {placed.map(({ lane, top: laneTop, height }, index) => (
            <LaneView
              key={lane.service}
              lane={lane}
              hue={`var(--series-${(index % seriesCount) + 1})`}
              top={laneTop}
              height={height}
              width={size.width}
              x={x}
              label={{ x: isNarrow ? 12 : 20, width: labelWidth - (isNarrow ? 20 : 28) }}
              scale={width}
              entries={entries}
              selected={selected}
              onSelect={onSelect}
            />
          ))}
        </svg>
      )}
    </div>
  );
}

function LaneView(props: {
  readonly lane: Lane;
  /** Of the service; what went wrong keeps the colour of errors. */
  readonly hue: string;
  readonly top: number;
  readonly height: number;
  readonly width: number;
  readonly x: (share: number) => number;
  readonly label: { readonly x: number; readonly width: number };
  readonly scale: number;
  readonly entries: readonly TimelineEntry[];
  readonly selected: number;
  readonly onSelect: (entry: number) => void;
}): ReactElement {
  const { lane, hue, top, height, width, x, label, scale, entries, selected, onSelect } = props;
  return (
    <g>
      <line className="timeline-line" x1={0} x2={width} y1={top + height - 0.5} y2={top + height - 0.5} />
      <foreignObject x={label.x} y={top + height / 2 - 10} width={label.width} height={20}>
        <div className="timeline-service clip" title={lane.service}>
          {lane.service}
        </div>
      </foreignObject>
      {lane.bars.map((bar) => (
        <rect
          key={bar.entry}
          className={`timeline-bar timeline-${bar.severity}${bar.entry === selected ? ' is-selected' : ''}`}
          x={x(bar.left)}
          y={top + 8 + bar.level * levelHeight}
          width={Math.max(2, bar.width * scale)}
          height={levelHeight - 2}
          rx={1.5}
          {...(bar.severity !== 'error' ? { style: { fill: hue } } : {})}
          onClick={() => onSelect(bar.entry)}
        >
          <title>{entries[bar.entry]?.title}</title>
        </rect>
      ))}
      {lane.marks.map((mark) => (
        <rect
          key={mark.entry}
          className={`timeline-mark timeline-${mark.severity}${mark.entry === selected ? ' is-selected' : ''}`}
          x={x(mark.left) - 1}
          y={top + 3}
          width={2}
          height={5}
          onClick={() => onSelect(mark.entry)}
        >
          <title>{entries[mark.entry]?.title}</title>
        </rect>
      ))}
    </g>
  );
}
