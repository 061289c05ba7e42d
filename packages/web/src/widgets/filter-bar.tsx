import { parseFilter } from '@sightline/schema/filter';
import { useEffect, useId, useRef, useState, type KeyboardEvent, type ReactElement } from 'react';
import type { SearchSignal } from '../api/queries.ts';
import type { TimeRange } from '../model/time-range.ts';
import { IconButton } from './button.tsx';
import { Icon } from './icon.tsx';
import { useKeys } from './keyboard.ts';
import { useSuggestions, type Suggestion } from './use-suggestions.ts';
import './filter-bar.css';

interface FilterBarProps {
  readonly signal: SearchSignal | 'metrics';
  readonly value: string;
  readonly range: TimeRange;
  readonly placeholder: string;
  readonly onApply: (filter: string) => void;
  /** What the server said about the applied filter, if it refused it. */
  readonly problem?: string | undefined;
}

/** The filter as text, with names and values from the data offered while typing. Enter asks; Escape takes back. */
export function FilterBar({
  signal,
  value,
  range,
  placeholder,
  onApply,
  problem,
}: FilterBarProps): ReactElement {
  const id = useId();
  const input = useRef<HTMLInputElement>(null);
  const [draft, setDraft] = useState(value);
  const [caret, setCaret] = useState<number | undefined>(undefined);
  const [chosen, setChosen] = useState(-1);
  useEffect(() => setDraft(value), [value]);
  useKeys('Filter', [{ keys: '/', label: 'Filter', run: () => input.current?.focus() }]);

  const { items: suggestions, rest } = useSuggestions({ signal, range, draft, caret });
  const isOpen = caret !== undefined && suggestions.length > 0;
  const parsed = parseFilter(draft);
  const complaint = caret === undefined && !parsed.ok ? parsed.error.message : problem;

  const accept = (suggestion: Suggestion): void => {
    const text = draft.slice(0, suggestion.start) + suggestion.insert + draft.slice(suggestion.end);
    const at = suggestion.start + suggestion.insert.length;
    setDraft(text);
    setCaret(at);
    setChosen(-1);
    requestAnimationFrame(() => input.current?.setSelectionRange(at, at));
  };
  const apply = (text: string): void => {
    setCaret(undefined);
    setChosen(-1);
    if (text.trim() !== value) onApply(text.trim());
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      event.preventDefault();
      const step = event.key === 'ArrowDown' ? 1 : -1;
      setCaret(input.current?.selectionStart ?? draft.length);
      setChosen((before) => clamp(before + step, -1, suggestions.length - 1));
      return;
    }
    if (event.key === 'Enter') {
      const suggestion = isOpen ? suggestions[chosen] : undefined;
      if (suggestion === undefined) apply(draft);
      else accept(suggestion);
      return;
    }
    if (event.key === 'Escape') {
      event.preventDefault();
      if (isOpen && chosen >= 0) setChosen(-1);
      else {
        setDraft(value);
        setCaret(undefined);
        input.current?.blur();
      }
    }
  };

  return (
    <div className="filter-bar" role="search">
      <Icon name="search" />
      <input
        ref={input}
        type="text"
        role="combobox"
        aria-label={`Filter ${signal}`}
        aria-expanded={isOpen}
        aria-controls={`${id}-list`}
        aria-autocomplete="list"
        aria-invalid={complaint !== undefined}
        aria-describedby={`${id}-problem`}
        {...(isOpen && chosen >= 0 ? { 'aria-activedescendant': `${id}-${chosen}` } : {})}
        placeholder={placeholder}
        value={draft}
        spellCheck={false}
        autoComplete="off"
        onChange={(event) => {
          setDraft(event.target.value);
          setCaret(event.target.selectionStart ?? event.target.value.length);
          setChosen(-1);
        }}
        onFocus={() => setCaret(input.current?.selectionStart ?? draft.length)}
        onSelect={() => setCaret(input.current?.selectionStart ?? draft.length)}
        onBlur={() => setCaret(undefined)}
        onKeyDown={onKeyDown}
      />
      {draft !== value && <span className="faint small nowrap filter-bar-hint">Enter to search</span>}
      {draft !== '' && (
        <IconButton
          icon="close"
          label="Clear the filter"
          onClick={() => {
            setDraft('');
            apply('');
          }}
        />
      )}
      <ul
        id={`${id}-list`}
        className="floating suggestions"
        role="listbox"
        aria-label="Suggestions"
        hidden={!isOpen}
      >
        {suggestions.map((suggestion, index) => (
          <li
            key={suggestion.label}
            id={`${id}-${index}`}
            role="option"
            aria-selected={index === chosen}
            onPointerDown={(event) => {
              event.preventDefault();
              accept(suggestion);
            }}
          >
            <span className="mono clip">{suggestion.label}</span>
            <span className="faint small clip">{suggestion.detail}</span>
          </li>
        ))}
        {rest !== undefined && (
          <li role="presentation" className="suggestions-rest faint small">
            {rest}
          </li>
        )}
      </ul>
      <p id={`${id}-problem`} className="filter-problem error-text small" role="alert">
        {complaint}
      </p>
    </div>
  );
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(high, Math.max(low, value));
}
