import { useQuery } from '@tanstack/react-query';
import { DropdownMenu } from 'radix-ui';
import type { ReactElement } from 'react';
import { fieldsQuery } from '../../api/queries.ts';
import type { TimeRange } from '../../model/time-range.ts';
import { Button } from '../../widgets/button.tsx';
import { Icon } from '../../widgets/icon.tsx';

interface GroupByProps {
  readonly range: TimeRange;
  /** Field names with commas. */
  readonly value: string;
  readonly onChange: (value: string) => void;
}

export function GroupBy({ range, value, onChange }: GroupByProps): ReactElement {
  const fields = useQuery(fieldsQuery({ signal: 'metrics', ...range, prefix: '' }));
  const chosen = value === '' ? [] : value.split(',');
  const names = [...new Set([...chosen, ...(fields.data?.fields ?? []).map((field) => field.name)])].filter(
    (name) => !['name', 'type', 'unit', 'received'].includes(name),
  );
  const toggle = (name: string): void =>
    onChange((chosen.includes(name) ? chosen.filter((one) => one !== name) : [...chosen, name]).join(','));
  return (
    <DropdownMenu.Root modal={false}>
      <DropdownMenu.Trigger asChild>
        <Button>
          Group by {chosen.length === 0 ? 'nothing' : chosen.join(', ')}
          <Icon name="chevronDown" size={12} />
        </Button>
      </DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content className="floating menu group-menu" align="start" data-keyboard-layer="">
          {names.map((name) => (
            <DropdownMenu.CheckboxItem
              key={name}
              className="menu-item mono"
              checked={chosen.includes(name)}
              onCheckedChange={() => toggle(name)}
              onSelect={(event) => event.preventDefault()}
            >
              <span className="menu-check">{chosen.includes(name) && <Icon name="check" size={14} />}</span>
              {name}
            </DropdownMenu.CheckboxItem>
          ))}
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  );
}
