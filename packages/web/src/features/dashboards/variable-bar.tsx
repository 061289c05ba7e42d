import type { DashboardVariable } from '@sightline/schema/api';
import { useQuery } from '@tanstack/react-query';
import { Popover } from 'radix-ui';
import { useState, type ReactElement } from 'react';
import { fieldValuesQuery, labelValuesQuery } from '../../api/dashboard-queries.ts';
import { offeredValuesQuery } from '../../api/shared-queries.ts';
import type { TimeRange } from '../../model/time-range.ts';
import { Button } from '../../widgets/button.tsx';

interface ShownVariable extends Pick<DashboardVariable, 'name' | 'label'> {
  readonly from:
    | DashboardVariable['from']
    /** Under a link: from what the server offers to it. */
    | { readonly type: 'offered'; readonly token: string };
}

interface VariableBarProps {
  readonly variables: readonly ShownVariable[];
  readonly values: Readonly<Record<string, readonly string[]>>;
  readonly range: TimeRange;
  readonly onChoose: (name: string, values: readonly string[]) => void;
}

/** What a dashboard is about: a choice for each of its variables, from what is in the data. */
export function VariableBar({ variables, values, range, onChoose }: VariableBarProps): ReactElement | null {
  if (variables.length === 0) return null;
  return (
    <div className="variable-bar" role="group" aria-label="Variables">
      {variables.map((variable) => (
        <VariablePicker
          key={variable.name}
          variable={variable}
          chosen={values[variable.name] ?? []}
          range={range}
          onChoose={(chosen) => onChoose(variable.name, chosen)}
        />
      ))}
    </div>
  );
}

interface VariablePickerProps {
  readonly variable: ShownVariable;
  readonly chosen: readonly string[];
  readonly range: TimeRange;
  readonly onChoose: (values: readonly string[]) => void;
}

const shownMax = 100;

function VariablePicker({ variable, chosen, range, onChoose }: VariablePickerProps): ReactElement {
  const [open, setOpen] = useState(false);
  const [text, setText] = useState('');
  const known = useValues(variable, range, open);
  const isFree = variable.from.type !== 'offered';
  const label = variable.label === '' ? variable.name : variable.label;
  const all = [...new Set([...chosen, ...known.values])].filter((value) =>
    value.toLowerCase().includes(text.toLowerCase()),
  );
  const toggle = (value: string): void =>
    onChoose(chosen.includes(value) ? chosen.filter((one) => one !== value) : [...chosen, value]);
  return (
    <Popover.Root open={open} onOpenChange={setOpen}>
      <Popover.Trigger asChild>
        <Button pressed={chosen.length > 0}>
          <span className="faint">{label}</span> {chosenWords(chosen)}
        </Button>
      </Popover.Trigger>
      <Popover.Portal>
        <Popover.Content
          className="floating variable-menu"
          align="start"
          sideOffset={4}
          data-keyboard-layer=""
        >
          <form
            onSubmit={(event) => {
              event.preventDefault();
              if (text.trim() === '') return;
              if (all.length === 1 && all[0] !== undefined) toggle(all[0]);
              else if (isFree) toggle(text.trim());
              setText('');
            }}
          >
            <input
              value={text}
              aria-label={`Value of ${label}`}
              placeholder={isFree ? 'Find, or type a value' : 'Find'}
              maxLength={500}
              onChange={(event) => setText(event.target.value)}
            />
          </form>
          <ul>
            <li>
              <label>
                <input type="checkbox" checked={chosen.length === 0} onChange={() => onChoose([])} /> All
              </label>
            </li>
            {all.slice(0, shownMax).map((value) => (
              <li key={value}>
                <label className="clip" title={value}>
                  <input type="checkbox" checked={chosen.includes(value)} onChange={() => toggle(value)} />{' '}
                  {value}
                </label>
              </li>
            ))}
          </ul>
          {known.words !== '' && <p className="small faint">{known.words}</p>}
        </Popover.Content>
      </Popover.Portal>
    </Popover.Root>
  );
}

function chosenWords(chosen: readonly string[]): string {
  if (chosen.length === 0) return 'All';
  const [only = ''] = chosen;
  return chosen.length === 1 ? only.slice(0, 40) : `${chosen.length} values`;
}

/** Asked when the choice is opened. */
function useValues(
  { name, from }: ShownVariable,
  range: TimeRange,
  isOpen: boolean,
): { readonly values: readonly string[]; readonly words: string } {
  const fields = useQuery({
    ...fieldValuesQuery({
      signal: from.type === 'field' ? from.signal : 'spans',
      field: from.type === 'field' ? from.field : '',
      ...range,
    }),
    enabled: isOpen && from.type === 'field',
  });
  const labels = useQuery({
    ...labelValuesQuery({
      label: from.type === 'label' ? from.label : '',
      match: from.type === 'label' ? from.match : '',
    }),
    enabled: isOpen && from.type === 'label',
  });
  const offered = useQuery({
    ...offeredValuesQuery({ token: from.type === 'offered' ? from.token : '', name }),
    enabled: isOpen && from.type === 'offered',
  });
  if (from.type === 'list') return { values: from.values, words: '' };
  const { data, error, isPending } = { field: fields, label: labels, offered }[from.type];
  if (error !== null) return { values: [], words: `The values cannot be read: ${error.message}` };
  if (isPending) return { values: [], words: 'Looking…' };
  return { values: data, words: data.length === 0 ? 'No values in this range.' : '' };
}
