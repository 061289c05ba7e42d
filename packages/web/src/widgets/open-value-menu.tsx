import { DropdownMenu } from 'radix-ui';
import type { ReactElement } from 'react';
import { copyText } from './copy-text.ts';
import { Icon } from './icon.tsx';
import { triggerOf, type ValueMenuProps } from './value-menu.tsx';

/** The menu of a value with its trigger, open at first. */
export function OpenValueMenu(props: ValueMenuProps): ReactElement {
  const { field, value, actions } = props;
  return (
    <DropdownMenu.Root modal={false} defaultOpen>
      <DropdownMenu.Trigger {...triggerOf(props)} />
      <DropdownMenu.Portal>
        <DropdownMenu.Content className="floating menu" align="start" sideOffset={2} data-keyboard-layer="">
          <DropdownMenu.Label className="menu-label mono clip">
            {field} = {value.slice(0, 80)}
          </DropdownMenu.Label>
          {actions.map((action) => (
            <DropdownMenu.Item key={action.label} className="menu-item" onSelect={action.run}>
              <Icon name={action.icon} size={14} />
              {action.label}
            </DropdownMenu.Item>
          ))}
          <DropdownMenu.Item className="menu-item" onSelect={() => void copyText(value)}>
            <Icon name="copy" size={14} />
            Copy value
          </DropdownMenu.Item>
          <DropdownMenu.Item className="menu-item" onSelect={() => void copyText(field)}>
            <Icon name="copy" size={14} />
            Copy name
          </DropdownMenu.Item>
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  );
}
