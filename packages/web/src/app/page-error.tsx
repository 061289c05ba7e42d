import { useEffect, type ReactElement } from 'react';
import { UnreachableError } from '../api/client.ts';
import { useConnection } from '../api/connection.ts';
import { Button } from '../widgets/button.tsx';
import { ErrorNotice, Notice } from '../widgets/states.tsx';

/** The last resort: a page that broke. The rest of the product goes on. */
export function PageError({ error }: { readonly error: unknown }): ReactElement {
  useEffect(() => console.error(error), [error]);
  if (error instanceof UnreachableError && !isJustReloaded()) return <UntilThere error={error} />;
  return (
    <Notice icon="error" title="This page broke" tone="error">
      <p>{error instanceof Error ? error.message : String(error)}</p>
      <Button icon="refresh" onClick={() => window.location.reload()}>
        Load it again
      </Button>
    </Notice>
  );
}

/** The code of the page did not come. A part once missed is not asked for again, so all of the page is loaded anew. */
function UntilThere({ error }: { readonly error: UnreachableError }): ReactElement {
  const connection = useConnection();
  useEffect(() => {
    if (connection === 'lost') return;
    sessionStorage.setItem(reloadedKey, String(Date.now()));
    window.location.reload();
  }, [connection]);
  return <ErrorNotice error={error} />;
}

const reloadedKey = 'sightline.reloaded';
/** A part that is missing right after that is missing for good. */
const reloadMsMin = 10_000;

function isJustReloaded(): boolean {
  return Date.now() - Number(sessionStorage.getItem(reloadedKey) ?? 0) < reloadMsMin;
}
