import type { ReactElement } from 'react';
import { IconButton, Key } from '../widgets/button.tsx';
import { keyboard, useKeyGroups, useSingleKeysEnabled } from '../widgets/keyboard.ts';
import { Modal } from '../widgets/modal.tsx';
import './key-help.css';

/** Every key that works on this page, and the switch for people whose tools type single letters. */
export function KeyHelp({ onClose }: { readonly onClose: () => void }): ReactElement {
  const groups = useKeyGroups();
  const enabled = useSingleKeysEnabled();
  return (
    <Modal className="dialog key-help" label="Keys" onClose={onClose}>
      <h2>Keys</h2>
      <IconButton className="dialog-close" icon="close" label="Close" onClick={onClose} />
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
    </Modal>
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
