import { DropdownMenu } from 'radix-ui';
import type { ReactElement } from 'react';
import { columnsTrigger, type ColumnPickerProps, type PickedColumn } from './column-picker.tsx';
import { Icon } from './icon.tsx';

/** The menu of columns with its trigger, open at first. */
export function OpenColumnPicker(props: ColumnPickerProps): ReactElement {
  const { columns, shown, onShown } = props;
  const toggle = (column: PickedColumn): void => {
    const isShown = shown.includes(column);
    const next = columns.filter((candidate) => (candidate === column ? !isShown : shown.includes(candidate)));
    const usual = columns.filter((candidate) => candidate.hidden !== true);
    if (next.length === 0) return;
    onShown(
      next.length === usual.length && next.every((one) => usual.includes(one))
        ? undefined
        : next.map((one) => one.id).join(','),
    );
  };
  return (
    <DropdownMenu.Root modal={false} defaultOpen>
      <DropdownMenu.Trigger {...columnsTrigger} />
      <DropdownMenu.Portal>
        <DropdownMenu.Content className="floating menu" align="end" data-keyboard-layer="">
          {columns.map((column) => (
            <DropdownMenu.CheckboxItem
              key={column.id}
              className="menu-item"
              checked={shown.includes(column)}
              onSelect={(event) => event.preventDefault()}
              onCheckedChange={() => toggle(column)}
            >
              <span className="menu-check">{shown.includes(column) && <Icon name="check" size={14} />}</span>
              {column.label}
            </DropdownMenu.CheckboxItem>
          ))}
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  );
}
