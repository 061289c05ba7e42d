import { useState, type ReactElement } from 'react';
import { Button } from './button.tsx';
import { copyText } from './copy-text.ts';
import './code-block.css';

/** A text to be taken along as it is. */
export function CodeBlock({
  caption,
  code,
}: {
  readonly caption: string;
  readonly code: string;
}): ReactElement {
  const [copied, setCopied] = useState(false);
  const copy = (): void => {
    void copyText(code).then(() => setCopied(true));
  };
  return (
    <figure className="code-block">
      <figcaption>
        <span>{caption}</span>
        <Button look="quiet" icon={copied ? 'check' : 'copy'} onClick={copy} onBlur={() => setCopied(false)}>
          {copied ? 'Copied' : 'Copy'}
        </Button>
      </figcaption>
      <pre tabIndex={0} aria-label={caption}>
        {code}
      </pre>
    </figure>
  );
}
