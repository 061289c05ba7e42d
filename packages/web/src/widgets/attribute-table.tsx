import { useState, type ReactElement } from 'react';
import { tryJson, type AttributeRow } from '../model/attribute-rows.ts';
import { JsonView } from './json-view.tsx';
import { ValueMenu, type ValueAction } from './value-menu.tsx';
import './attribute-table.css';

interface AttributeTableProps {
  readonly title: string;
  readonly rows: readonly AttributeRow[];
  readonly actionsFor: (row: AttributeRow) => readonly ValueAction[];
  readonly dropped?: number;
}

const longText = 280;

/** Names and values; every value opens the menu of what can be done with it, long ones unfold. */
export function AttributeTable({
  title,
  rows,
  actionsFor,
  dropped = 0,
}: AttributeTableProps): ReactElement | null {
  if (rows.length === 0 && dropped === 0) return null;
  return (
    <section className="attributes">
      <h3>{title}</h3>
      <dl>
        {rows.map((row) => (
          <div key={row.key} className="attribute">
            <dt className="mono" title={row.key}>
              {row.key}
            </dt>
            <dd>
              <AttributeValueView row={row} actions={actionsFor(row)} />
            </dd>
          </div>
        ))}
      </dl>
      {dropped > 0 && (
        <p className="warn-text small">
          {dropped} more {dropped === 1 ? 'was' : 'were'} dropped by the sender.
        </p>
      )}
    </section>
  );
}

function AttributeValueView({
  row,
  actions,
}: {
  row: AttributeRow;
  actions: readonly ValueAction[];
}): ReactElement {
  const [isOpen, setOpen] = useState(false);
  const json = tryJson(row.value);
  const isLong = row.text.length > longText || row.text.split('\n').length > 6;
  if (json !== undefined && row.text.length > 60) {
    return (
      <>
        <ValueMenu field={row.field} value={row.text} actions={actions} className="mono attribute-short">
          {row.text.slice(0, 120)}
          {row.text.length > 120 && '…'}
        </ValueMenu>
        <button
          type="button"
          className="attribute-more"
          aria-expanded={isOpen}
          onClick={() => setOpen(!isOpen)}
        >
          {isOpen ? 'Close' : 'Open as JSON'}
        </button>
        {isOpen && <JsonView value={json} label={row.key} />}
      </>
    );
  }
  return (
    <>
      <ValueMenu
        field={row.field}
        value={row.text}
        actions={actions}
        className={isLong && !isOpen ? 'mono attribute-short' : 'mono attribute-text'}
      >
        {row.text === '' ? (
          <span className="faint">(empty)</span>
        ) : isOpen ? (
          row.text
        ) : (
          row.text.slice(0, longText)
        )}
        {isLong && !isOpen && '…'}
      </ValueMenu>
      {isLong && (
        <button
          type="button"
          className="attribute-more"
          aria-expanded={isOpen}
          onClick={() => setOpen(!isOpen)}
        >
          {isOpen ? 'Less' : `All ${row.text.length.toLocaleString('en-US')} characters`}
        </button>
      )}
    </>
  );
}
