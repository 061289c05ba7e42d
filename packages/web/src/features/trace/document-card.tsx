import type { PipelineDocument } from '@sightline/schema/api';
import { useState, type ReactElement } from 'react';
import { formatCount, formatNumber, formatShare } from '../../model/format.ts';
import { Icon } from '../../widgets/icon.tsx';
import { JsonView } from '../../widgets/json-view.tsx';

const shownChars = 420;

/** One retrieved document: rank, score, text, and whether the answer used it. */
export function DocumentCard({
  document,
  scoreMax,
}: {
  readonly document: PipelineDocument;
  readonly scoreMax: number;
}): ReactElement {
  const [isOpen, setOpen] = useState(false);
  const { text, score, isUsed, metadata, characters } = document;
  return (
    <li className={`document${isUsed === true ? ' is-used' : ''}`}>
      <div className="document-head">
        <span className="mono faint">#{document.rank}</span>
        <span className="mono document-id">{document.id ?? '(no id)'}</span>
        {document.source !== null && <span className="faint small">{document.source}</span>}
        {isUsed === true && (
          <span className="document-used">
            <Icon name="check" size={12} />
            {usedWords(document)}
          </span>
        )}
        {isUsed === false && <span className="faint small">not used</span>}
        {score !== null && (
          <span className="document-score" title={`Score ${score}`}>
            <span className="document-score-bar">
              <span
                style={{ width: `${scoreMax > 0 ? Math.max(0, Math.min(1, score / scoreMax)) * 100 : 0}%` }}
              />
            </span>
            <span className="num">{formatNumber(score)}</span>
          </span>
        )}
      </div>
      {text === null || text === '' ? (
        <p className="faint">Its text was not recorded.</p>
      ) : (
        <p className="document-text">
          {isOpen || text.length <= shownChars ? text : `${text.slice(0, shownChars)}…`}
          {isOpen && characters > text.length && (
            <span className="warn-text small">
              {' '}
              The first {formatCount(text.length)} of {formatCount(characters)} characters.
            </span>
          )}
        </p>
      )}
      {((text?.length ?? 0) > shownChars || metadata !== null) && (
        <button
          type="button"
          className="text-button small"
          aria-expanded={isOpen}
          onClick={() => setOpen(!isOpen)}
        >
          {isOpen ? 'Less' : metadata === null ? 'All of it' : 'All of it, with metadata'}
        </button>
      )}
      {isOpen && metadata !== null && <JsonView value={metadata} label="metadata" rowsMax={10} />}
    </li>
  );
}

function usedWords({ usedBy, overlap }: PipelineDocument): string {
  if (usedBy === 'citation') return 'used: the answer names it';
  if (usedBy === 'statement') return 'used: the answer says what it says';
  return `used: ${formatShare(overlap ?? 0)} of the answer’s word sequences`;
}
