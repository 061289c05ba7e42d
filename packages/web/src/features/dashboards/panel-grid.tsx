import { dashboardColumns, type DashboardPanel } from '@sightline/schema/api';
import {
  useRef,
  useState,
  type CSSProperties,
  type KeyboardEvent,
  type PointerEvent,
  type ReactElement,
  type ReactNode,
} from 'react';
import { arrange, nudge, type Nudge, settle } from '../../model/dashboard-grid.ts';
import { Icon } from '../../widgets/icon.tsx';

interface PanelGridProps {
  readonly panels: readonly DashboardPanel[];
  readonly isEditing: boolean;
  readonly onArrange: (panels: readonly DashboardPanel[]) => void;
  readonly onRemove: (id: string) => void;
  readonly onEdit: (id: string) => void;
  /** The element of a panel, as it comes and goes. */
  readonly watch: (id: string) => (element: HTMLElement | null) => void;
  readonly children: (panel: DashboardPanel, handle: ReactNode) => ReactNode;
}

const rowHeight = 80;
const gap = 12;

const keys: Readonly<Record<string, Nudge>> = {
  ArrowLeft: 'left',
  ArrowRight: 'right',
  ArrowUp: 'up',
  ArrowDown: 'down',
  'Shift ArrowLeft': 'narrower',
  'Shift ArrowRight': 'wider',
  'Shift ArrowUp': 'shorter',
  'Shift ArrowDown': 'taller',
};

/** Panels in twelve columns. While they are edited, each is dragged by its handle, resized by its corner, and both by keyboard. */
export function PanelGrid(props: PanelGridProps): ReactElement {
  const { panels, isEditing, onArrange, onRemove, onEdit, watch, children } = props;
  const grid = useRef<HTMLDivElement>(null);
  const [said, setSaid] = useState('');
  const [held, setHeld] = useState<string | undefined>(undefined);
  const tell = (id: string, next: readonly DashboardPanel[]): void => {
    const panel = next.find((one) => one.id === id);
    if (panel !== undefined)
      setSaid(`${panel.title}: column ${panel.x + 1}, row ${panel.y + 1}, ${panel.w} wide, ${panel.h} high`);
  };
  const hold = (panel: DashboardPanel, how: 'move' | 'size', event: PointerEvent<HTMLElement>): void => {
    if (event.button !== 0 || grid.current === null) return;
    event.preventDefault();
    const target = event.currentTarget;
    target.setPointerCapture(event.pointerId);
    const column = (grid.current.clientWidth + gap) / dashboardColumns;
    const row = rowHeight + gap;
    const [fromX, fromY] = [event.clientX, event.clientY];
    const onMove = (move: globalThis.PointerEvent): void => {
      const dx = Math.round((move.clientX - fromX) / column);
      const dy = Math.round((move.clientY - fromY) / row);
      const next =
        how === 'move'
          ? arrange(panels, panel.id, {
              x: Math.max(0, Math.min(dashboardColumns - panel.w, panel.x + dx)),
              y: panel.y + dy,
            })
          : arrange(panels, panel.id, { w: panel.w + dx, h: panel.h + dy });
      onArrange(next);
      tell(panel.id, next);
    };
    const onEnd = (): void => {
      target.removeEventListener('pointermove', onMove);
      setHeld(undefined);
    };
    setHeld(panel.id);
    target.addEventListener('pointermove', onMove);
    target.addEventListener('pointerup', onEnd, { once: true });
    target.addEventListener('pointercancel', onEnd, { once: true });
  };
  const onKeyDown = (panel: DashboardPanel) => (event: KeyboardEvent<HTMLElement>) => {
    const way = keys[`${event.shiftKey ? 'Shift ' : ''}${event.key}`];
    if (way !== undefined) {
      const next = nudge(panels, panel.id, way);
      onArrange(next);
      tell(panel.id, next);
    } else if (event.key === 'Delete') onRemove(panel.id);
    else if (event.key === 'Enter') onEdit(panel.id);
    else return;
    event.preventDefault();
  };
  return (
    <>
      <div ref={grid} className="panel-grid" data-editing={isEditing}>
        {inReadingOrder(panels).map((panel) => (
          <section
            key={panel.id}
            ref={watch(panel.id)}
            className={`panel panel-${panel.kind}${held === panel.id ? ' is-held' : ''}`}
            aria-label={panel.title}
            data-panel={panel.id}
            style={placeOf(panel)}
          >
            {children(
              panel,
              isEditing && (
                <button
                  type="button"
                  className="panel-handle"
                  aria-label={`Move ${panel.title}. Arrow keys move it, with Shift they resize it, Enter edits, Delete removes.`}
                  title="Drag, or use the arrow keys; with Shift they resize"
                  onPointerDown={(event) => {
                    event.currentTarget.focus();
                    hold(panel, 'move', event);
                  }}
                  onKeyDown={onKeyDown(panel)}
                >
                  <Icon name="columns" size={14} />
                </button>
              ),
            )}
            {isEditing && (
              <span
                className="panel-corner"
                aria-hidden="true"
                onPointerDown={(event) => hold(panel, 'size', event)}
              />
            )}
          </section>
        ))}
      </div>
      <p className="visually-hidden" aria-live="polite">
        {said}
      </p>
    </>
  );
}

/** The order in which they are read and reached by Tab; elements stay where they are while one is held. */
function inReadingOrder(panels: readonly DashboardPanel[]): readonly DashboardPanel[] {
  return settle(panels).toSorted((a, b) => a.y - b.y || a.x - b.x);
}

function placeOf({ x, y, w, h }: DashboardPanel): CSSProperties {
  return {
    gridColumn: `${x + 1} / span ${w}`,
    gridRow: `${y + 1} / span ${h}`,
    '--panel-height': `${h * rowHeight + (h - 1) * gap}px`,
  } as CSSProperties;
}
