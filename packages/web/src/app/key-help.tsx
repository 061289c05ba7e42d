import { Dialog } from 'radix-ui';
import type { ReactElement } from 'react';
import { Key } from '../widgets/button.tsx';
import { Icon } from '../widgets/icon.tsx';
import { keyboard, useKeyGroups, useSingleKeysEnabled } from '../widgets/keyboard.ts';
import './key-help.css';

/** Every key that works on this page, and the switch for people whose tools type single letters. */
export function KeyHelp({ onClose }: { readonly onClose: () => void }): ReactElement {
  const groups = useKeyGroups();
  const enabled = useSingleKeysEnabled();
  return (
    <Dialog.Root open onOpenChange={onClose}>
      <Dialog.Portal>
        <Dialog.Overlay className="overlay" />
        <Dialog.Content
          className="floating dialog key-help"
          aria-describedby={undefined}
          data-keyboard-layer=""
        >
          <Dialog.Title asChild>
            <h2>Keys</h2>
          </Dialog.Title>
          <Dialog.Close className="icon-button dialog-close" aria-label="Close">
            <Icon name="close" />
          </Dialog.Close>
          <div className="key-groups">
            <section>
              <h3>Always</h3>
              <dl>
                <KeyRow keys="Ctrl K" label="Find anything" />
                <KeyRow keys="Esc" label="Close, or back" />
              </dl>
            </section>
            {groups.map((group) => (
              <section key={group.title}>
                <h3>{group.title}</h3>
                <dl>
                  {group.bindings.map((binding) => (
                    <KeyRow key={binding.keys} keys={binding.keys} label={binding.label} />
                  ))}
                </dl>
              </section>
            ))}
          </div>
          <label className="key-switch">
            <input
              type="checkbox"
              checked={enabled}
              onChange={(event) => keyboard.setEnabled(event.target.checked)}
            />
            Single-letter keys are on
          </label>
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  );
}

function KeyRow({ keys, label }: { readonly keys: string; readonly label: string }): ReactElement {
  return (
    <div className="key-row">
      <dt>
        {keys.split(' ').map((key) => (
          <Key key={key}>{key}</Key>
        ))}
      </dt>
      <dd>{label}</dd>
    </div>
  );
}
