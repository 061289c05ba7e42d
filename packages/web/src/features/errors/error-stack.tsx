import type { ErrorFrame, ErrorStack as Stack } from '@sightline/schema/api';
import { useState, type ReactElement } from 'react';
import { counted } from '@sightline/base';

/** The calls of the program first; those of libraries and the runtime behind a button. */
export function ErrorStack({ stack }: { readonly stack: Stack }): ReactElement {
  const [isRaw, setRaw] = useState(false);
  return (
    <section className="error-stack" aria-label="Stack">
      <header>
        <h2>Stack</h2>
        <button type="button" className="text-button" aria-pressed={isRaw} onClick={() => setRaw(!isRaw)}>
          {isRaw ? 'Frames' : 'As reported'}
        </button>
      </header>
      {isRaw ? (
        <pre className="stack" tabIndex={0} aria-label="Stack as reported">
          {stack.text}
        </pre>
      ) : (
        stack.exceptions.map((exception, index) => (
          // oxlint-disable-next-line react/no-array-index-key -- a chain has an order and no names
          <div key={index} className="error-exception">
            {stack.exceptions.length > 1 && (
              <p className="error-exception-words">
                {index > 0 && <span className="faint">caused by </span>}
                <strong>{exception.type}</strong> <span className="soft">{exception.message}</span>
              </p>
            )}
            <Frames frames={exception.frames} />
          </div>
        ))
      )}
    </section>
  );
}

function Frames({ frames }: { readonly frames: readonly ErrorFrame[] }): ReactElement {
  const [isOpen, setOpen] = useState(false);
  const own = frames.filter(({ inApp }) => inApp);
  const shown = isOpen || own.length === 0 ? frames : own;
  const hidden = frames.length - shown.length;
  return (
    <>
      <ol>
        {shown.map((frame, index) => (
          // oxlint-disable-next-line react/no-array-index-key -- a call may be in a stack twice
          <li key={index} className={frame.inApp ? 'error-frame' : 'error-frame is-library'}>
            <span className="mono">
              <strong>{frame.function}</strong> <span className="soft">{frame.module}</span>
            </span>
            <span className="mono faint clip" title={frame.file}>
              {frame.file}
              {frame.line === null ? '' : `:${frame.line}`}
            </span>
            {frame.source !== null && <Source frame={frame} source={frame.source} />}
          </li>
        ))}
      </ol>
      {(hidden > 0 || isOpen) && own.length > 0 && (
        <button type="button" className="text-button" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
          {isOpen ? 'Only calls of the program' : `${counted(hidden, 'call')} of libraries`}
        </button>
      )}
    </>
  );
}

function Source({
  frame,
  source,
}: {
  readonly frame: ErrorFrame;
  readonly source: NonNullable<ErrorFrame['source']>;
}): ReactElement {
  return (
    <pre className="error-source" tabIndex={0} aria-label={`Source of ${frame.function}`}>
      {source.lines.map((line, index) => {
        const number = source.first + index;
        return (
          <span key={number} className={number === frame.line ? 'is-thrown' : ''}>
            <span className="faint">{String(number).padStart(5)}</span> {line}
            {'\n'}
          </span>
        );
      })}
    </pre>
  );
}
