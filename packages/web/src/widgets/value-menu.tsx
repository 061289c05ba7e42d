import { DropdownMenu } from 'radix-ui';
import type { ReactElement, ReactNode } from 'react';
import { Icon, type IconName } from './icon.tsx';
import './value-menu.css';

export interface ValueAction {
  readonly label: string;
  readonly icon: IconName;
  readonly run: () => void;
}

interface ValueMenuProps {
  /** Read aloud with the value: `http.route`. */
  readonly field: string;
  readonly value: string;
  readonly actions: readonly ValueAction[];
  readonly className?: string;
  readonly children: ReactNode;
}

/** Any value on the screen as a way in: filter by it, exclude it, group by it, copy it. */
export function ValueMenu({ field, value, actions, className, children }: ValueMenuProps): ReactElement {
  return (
    <DropdownMenu.Root modal={false}>
      <DropdownMenu.Trigger
        className={`value-trigger${className === undefined ? '' : ` ${className}`}`}
        aria-label={`${field}: ${value.slice(0, 120)}. Actions`}
      >
        {children}
      </DropdownMenu.Trigger>
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

/** Puts text on the clipboard; where the page may not (plain HTTP beyond loopback), by the old way. */
export async function copyText(text: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const area = document.createElement('textarea');
    area.value = text;
    area.style.position = 'fixed';
    area.style.opacity = '0';
    document.body.append(area);
    area.select();
    document.execCommand('copy');
    area.remove();
  }
}
