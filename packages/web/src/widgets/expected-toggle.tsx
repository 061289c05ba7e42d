import type { ReactElement } from 'react';
import { Button } from './button.tsx';
import { useUrlState } from './url-state.ts';

/** Whether charts show what their values were expected between; it stands in the address. */
export const isExpectedShown = (search: Readonly<Record<string, string | undefined>>): boolean =>
  search['expected'] === '1';

export function ExpectedToggle(): ReactElement {
  const { search, patch } = useUrlState();
  const isShown = isExpectedShown(search);
  return (
    <Button
      look="quiet"
      pressed={isShown}
      title="Draws what was expected: like the last hours, this time of the last days, or of the last weeks"
      onClick={() => patch({ expected: isShown ? undefined : '1' }, 'replace')}
    >
      Expected
    </Button>
  );
}
