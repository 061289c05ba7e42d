import { useEffect, useRef, useState, type ReactElement } from 'react';
import { formatCount, counted } from '@sightline/base';
import { familyLabels, operationFamilies } from '../../model/operation.ts';
import { at } from '../../model/trace-model.ts';
import { Button, IconButton, Segmented } from '../../widgets/button.tsx';
import { FamilyIcon, Icon } from '../../widgets/icon.tsx';
import { useKeys } from '../../widgets/keyboard.ts';
import { useUrlState } from '../../widgets/url-state.ts';
import type { TraceMode, TraceView } from './use-trace-view.ts';

const modes: readonly { value: TraceMode; label: string; icon: 'traces' | 'flame' | 'tree' }[] = [
  { value: 'waterfall', label: 'Waterfall', icon: 'traces' },
  { value: 'flame', label: 'Flame', icon: 'flame' },
  { value: 'tree', label: 'Tree', icon: 'tree' },
];

interface TraceToolbarProps {
  readonly trace: TraceView;
  /** There are steps of agents, and others that can be left out. */
  readonly canReduce: boolean;
}

export function TraceToolbar({ trace, canReduce }: TraceToolbarProps): ReactElement {
  const { search, patch } = useUrlState();
  const isReduced = search['steps'] === 'ai';
  const { model } = trace;
  const present = operationFamilies.filter((_, index) => model.family.includes(index));
  return (
    <div className="trace-toolbar">
      <Segmented label="View" value={trace.mode} options={modes} onChange={trace.setMode} />
      <FindInTrace trace={trace} />
      {trace.mode === 'waterfall' && (
        <Button pressed={trace.showsPath} onClick={() => trace.setShowsPath(!trace.showsPath)}>
          Critical path
        </Button>
      )}
      {canReduce && (
        <Button
          pressed={isReduced}
          title="Leave out HTTP, databases and the program’s own code"
          onClick={() => patch({ steps: isReduced ? undefined : 'ai' }, 'replace')}
        >
          AI steps only
        </Button>
      )}
      {trace.mode !== 'flame' && model.depthMax > 1 && (
        <Button
          onClick={() => (trace.collapsed.size > 0 ? trace.setCollapsed(new Set()) : trace.collapseTo(1))}
        >
          {trace.collapsed.size > 0 ? 'Expand all' : 'Collapse all'}
        </Button>
      )}
      <div className="trace-legend" aria-hidden="true">
        {present.map((family) => (
          <span key={family}>
            <FamilyIcon family={family} />
            {familyLabels[family]}
          </span>
        ))}
      </div>
    </div>
  );
}

/** Words, or a filter such as `status:error` over all attributes, among the spans of this trace. */
function FindInTrace({ trace }: { readonly trace: TraceView }): ReactElement {
  const input = useRef<HTMLInputElement>(null);
  const [draft, setDraft] = useState(trace.find);
  useEffect(() => setDraft(trace.find), [trace.find]);
  useKeys('Find', [{ keys: '/', label: 'Find in this trace', run: () => input.current?.focus() }]);
  const { matches, findError, selected, model } = trace;
  const place =
    matches === undefined || selected === -1
      ? -1
      : matches.spans.findIndex((span) => at(model.position, span) === at(model.position, selected));
  return (
    <div className="trace-find" role="search">
      <Icon name="search" size={14} />
      <input
        ref={input}
        type="text"
        aria-label="Find spans in this trace"
        placeholder="Find spans: words, or duration>100ms"
        value={draft}
        spellCheck={false}
        onChange={(event) => {
          setDraft(event.target.value);
          trace.setFind(event.target.value);
        }}
        onKeyDown={(event) => {
          if (event.key === 'Enter') trace.step(event.shiftKey ? -1 : 1);
          else if (event.key === 'Escape') {
            event.preventDefault();
            trace.setFind('');
            input.current?.blur();
          }
        }}
      />
      <span className={findError === null ? 'small nowrap faint' : 'small nowrap error-text'} role="status">
        {findError?.message ??
          (matches === undefined
            ? ''
            : place === -1
              ? counted(matches.spans.length, 'span')
              : `${place + 1} of ${formatCount(matches.spans.length)}`)}
      </span>
      <IconButton
        icon="chevronUp"
        label="Previous found span"
        disabled={matches === undefined}
        onClick={() => trace.step(-1)}
      />
      <IconButton
        icon="chevronDown"
        label="Next found span"
        disabled={matches === undefined}
        onClick={() => trace.step(1)}
      />
    </div>
  );
}
