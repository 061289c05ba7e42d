import { useEffect, type ReactElement } from 'react';
import { Button } from '../widgets/button.tsx';
import { Notice } from '../widgets/states.tsx';

/** The last resort: a page that broke. The rest of the product goes on. */
export function PageError({ error }: { readonly error: unknown }): ReactElement {
  useEffect(() => console.error(error), [error]);
  return (
    <Notice icon="error" title="This page broke" tone="error">
      <p>{error instanceof Error ? error.message : String(error)}</p>
      <Button icon="refresh" onClick={() => window.location.reload()}>
        Load it again
      </Button>
    </Notice>
  );
}
