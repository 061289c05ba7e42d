import { useEffect, type ReactElement, type ReactNode } from 'react';
import './page.css';

interface PageProps {
  /** What stands in the browser's tab. */
  readonly title: string;
  /** The sentence the visitor came for. */
  readonly answer: ReactNode;
  /** One quieter line below it. */
  readonly detail?: ReactNode;
  readonly actions?: ReactNode;
  readonly children: ReactNode;
}

/** Every page opens with its answer; controls stand to the right of it, and the rest below. */
export function Page({ title, answer, detail, actions, children }: PageProps): ReactElement {
  useEffect(() => {
    document.title = `${title} · Sightline`;
  }, [title]);
  return (
    <div className="page">
      <header className="page-head">
        <div className="page-answer">
          <h1 {...(typeof answer === 'string' ? { title: answer } : {})}>{answer}</h1>
          <p className="page-detail">{detail}</p>
        </div>
        {actions !== undefined && <div className="page-actions">{actions}</div>}
      </header>
      {children}
    </div>
  );
}
