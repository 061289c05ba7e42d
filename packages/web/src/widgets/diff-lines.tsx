import type { ReactElement } from 'react';
import { counted } from '@sightline/base';
import type { FoldedStep } from '@sightline/base';
import './diff.css';

const marks = { same: ' ', added: '+', removed: '−' } as const;

/** Lines that went and came; what stayed is folded. */
export function DiffLines({ lines }: { readonly lines: readonly FoldedStep<string>[] }): ReactElement {
  return (
    <pre className="diff-lines">
      {lines.map((line, index) =>
        line.kind === 'fold' ? (
          // Lines have no identity but their place.
          // oxlint-disable-next-line react/no-array-index-key
          <span
            key={index}
            className="diff-line diff-fold"
          >{`  … ${counted(line.count, 'line')} unchanged\n`}</span>
        ) : (
          // oxlint-disable-next-line react/no-array-index-key
          <span
            key={index}
            className={`diff-line diff-${line.kind}`}
          >{`${marks[line.kind]} ${line.value}\n`}</span>
        ),
      )}
    </pre>
  );
}
