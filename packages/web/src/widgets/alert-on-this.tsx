import { lazy, Suspense, useState, type ReactElement } from 'react';
import { loadPart } from '../api/load-part.ts';
import type { ProposedRule } from '../model/proposed-rule.ts';
import { IconButton } from './button.tsx';
import { useGo } from './url-state.ts';

interface AlertOnThisProps {
  /** What the rule would watch, as it is read aloud. */
  readonly name: string;
  /** Made when it is asked for: no chart waits for it. */
  readonly propose: () => Promise<ProposedRule>;
}

const PinDialog = lazy(loadPart(async () => ({ default: (await import('./pin-dialog.tsx')).PinDialog })));

/** From a chart to a rule that watches what it draws, and to a panel of a dashboard that goes on drawing it. */
export function AlertOnThis({ name, propose }: AlertOnThisProps): ReactElement {
  const go = useGo();
  const [pinned, setPinned] = useState<ProposedRule | undefined>(undefined);
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
      <IconButton
        icon="pin"
        label={`Pin this to a dashboard: ${name}`}
        onClick={() => void propose().then(setPinned)}
      />
      <IconButton icon="bell" label={`Alert on this: ${name}`} onClick={() => void open()} />
      {pinned !== undefined && (
        <Suspense>
          <PinDialog chart={pinned} onClose={() => setPinned(undefined)} />
        </Suspense>
      )}
    </span>
  );
}
