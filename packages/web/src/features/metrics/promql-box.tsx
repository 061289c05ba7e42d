import { lazy, Suspense, useEffect, useState, type ReactElement } from 'react';
import { loadPart } from '../../api/load-part.ts';

export interface PromqlBoxProps {
  readonly label: string;
  readonly value: string;
  readonly hint: string;
  readonly onApply: (expr: string) => void;
}

const PromqlEditor = lazy(
  loadPart(async () => ({ default: (await import('./promql-editor.tsx')).PromqlEditor })),
);

/** Where an expression is typed: plain at first, with completion as soon as the editor is there. Enter asks. */
export function PromqlBox(props: PromqlBoxProps): ReactElement {
  return (
    <div className="promql-box">
      <span className="promql-mark" aria-hidden>
        {props.label}
      </span>
      <Suspense fallback={<PlainBox {...props} />}>
        <PromqlEditor {...props} label={`Expression ${props.label}`} />
      </Suspense>
    </div>
  );
}

function PlainBox({ label, value, hint, onApply }: PromqlBoxProps): ReactElement {
  const [draft, setDraft] = useState(value);
  useEffect(() => setDraft(value), [value]);
  return (
    <input
      aria-label={`Expression ${label}`}
      value={draft}
      placeholder={hint}
      spellCheck={false}
      onChange={(event) => setDraft(event.target.value)}
      onKeyDown={(event) => {
        if (event.key === 'Enter') onApply(draft.trim());
      }}
    />
  );
}
