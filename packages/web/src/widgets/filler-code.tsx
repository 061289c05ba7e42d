import type { StatusResponse } from '@sightline/schema/api';
import type { ReactElement } from 'react';
import { type FilledPage, fillerFor } from '../model/snippets/fillers.ts';
import { CodeBlock } from './code-block.tsx';
import { PageLink } from './page-link.tsx';
import { sendToOf } from './send-to.ts';

export function FillerCode({
  page,
  status,
}: {
  readonly page: FilledPage;
  readonly status: StatusResponse;
}): ReactElement {
  const to = sendToOf(status);
  return (
    <>
      <CodeBlock caption="Install" code={`npm install ${to.server}/sdk.tgz`} />
      <CodeBlock caption="A program that fills this page" code={fillerFor(page, to)} />
      <p className="small faint">
        Other languages and frameworks, and demo data, are in{' '}
        <PageLink to="/get-started">Get started</PageLink>.
      </p>
    </>
  );
}
