import type { ReactElement } from 'react';
import { counted } from '@sightline/base';
import { Icon } from './icon.tsx';
import './new-items-pill.css';

/** What came since the list was read waits here, so that nothing moves under the reader. */
export function NewItemsPill(props: {
  readonly count: number;
  readonly atLeast?: boolean;
  readonly noun: string;
  readonly onShow: () => void;
}): ReactElement {
  const { count, atLeast, noun, onShow } = props;
  return (
    <div className="new-items" role="status">
      {count > 0 && (
        <button type="button" className="new-items-pill" onClick={onShow}>
          <Icon name="chevronUp" size={14} />
          {atLeast === true ? 'More than ' : ''}
          {counted(count, `new ${noun}`)}
        </button>
      )}
    </div>
  );
}
