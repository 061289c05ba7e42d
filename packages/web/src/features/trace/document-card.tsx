import type { PipelineDocument } from '@sightline/schema/api';
import { useState, type ReactElement } from 'react';
import { formatCount, formatNumber, formatShare } from '@sightline/base';
import type { DrawnMeasure } from '../../model/pipeline-documents.ts';
import { Icon } from '../../widgets/icon.tsx';
import { JsonView } from '../../widgets/json-view.tsx';

const shownChars = 420;

/** One retrieved document: rank, score, text, and whether the answer used it. */
export function DocumentCard({
  document,
  measure,
  showsStore,
}: {
  readonly document: PipelineDocument;
  readonly measure: DrawnMeasure | undefined;
  /** Where its list has documents of several. */
  readonly showsStore: boolean;
}): ReactElement {
  const [isOpen, setOpen] = useState(false);
  const { text, isUsed, metadata, characters } = document;
  return (
    <li className={`document${isUsed === true ? ' is-used' : ''}`}>
      <div className="document-head">
        <span className="mono faint">#{document.rank}</span>
        <span className="mono document-id">{document.id ?? '(no id)'}</span>
        {showsStore && <span className="soft small">{document.store}</span>}
        {document.source !== null && document.source !== document.store && (
          <span className="faint small">{document.source}</span>
        )}
        {isUsed === true && (
          <span className="document-used">
            <Icon name="check" size={12} />
            {usedWords(document)}
          </span>
        )}
        {isUsed === false && <span className="faint small">not used</span>}
        {measure !== undefined && <Measure measure={measure} />}
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

/** A dot on a line, the nearer to its beginning the better, cannot be taken for a bar, the longer the better. */
function Measure({ measure: { type, value, share } }: { readonly measure: DrawnMeasure }): ReactElement {
  const percent = `${share * 100}%`;
  return type === 'score' ? (
    <span className="document-measure" title={`Score ${value}`}>
      <span className="document-score">
        <span style={{ width: percent }} />
      </span>
      <span className="num">{formatNumber(value)}</span>
    </span>
  ) : (
    <span className="document-measure" title={`Distance ${value}: the lower, the more alike`}>
      <span className="faint small">distance</span>
      <span className="document-distance">
        <span style={{ left: percent }} />
      </span>
      <span className="num">{formatNumber(value)}</span>
    </span>
  );
}

function usedWords({ usedBy, overlap }: PipelineDocument): string {
  if (usedBy === 'citation') return 'used: the answer names it';
  if (usedBy === 'statement') return 'used: the answer says what it says';
  return `used: ${formatShare(overlap ?? 0)} of the answer’s word sequences`;
}
