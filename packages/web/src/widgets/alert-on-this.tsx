import type { ReactElement } from 'react';
import type { PinnedChart } from '../model/pinned-chart.ts';
import type { ProposedRule } from '../model/proposed-rule.ts';
import { IconButton } from './button.tsx';
import { PinThis } from './pin-this.tsx';
import { useGo } from './url-state.ts';

interface AlertOnThisProps {
  /** What the rule would watch, as it is read aloud. */
  readonly name: string;
  /** Made when it is asked for: no chart waits for it. */
  readonly propose: () => Promise<ProposedRule>;
  /** Where the chart draws more than the rule watches. */
  readonly pin?: () => Promise<PinnedChart>;
}

/** From a chart to a rule that watches what it draws, and to a panel of a dashboard that goes on drawing it. */
export function AlertOnThis({ name, propose, pin }: AlertOnThisProps): ReactElement {
  const go = useGo();
  const open = async (): Promise<void> => {
    const rule = await propose();
    go('/alerts/rule', {
      query: rule.query,
      name: rule.name,
      kind: rule.kind === 'sightline' ? undefined : rule.kind,
    });
  };
  return (
    <span className="alert-on-this">
      <PinThis
        name={name}
        pin={pin ?? (async () => (await import('../model/pinned-chart.ts')).pinOfValue(await propose()))}
      />
      <IconButton icon="bell" label={`Alert on this: ${name}`} onClick={() => void open()} />
    </span>
  );
}
