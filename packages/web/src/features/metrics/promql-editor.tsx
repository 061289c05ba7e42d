import { autocompletion, closeBrackets, closeCompletion } from '@codemirror/autocomplete';
import { defaultKeymap, history, historyKeymap } from '@codemirror/commands';
import { bracketMatching } from '@codemirror/language';
import { lintGutter } from '@codemirror/lint';
import { EditorState, Prec } from '@codemirror/state';
import { EditorView, keymap, placeholder } from '@codemirror/view';
import { PromQLExtension } from '@prometheus-io/codemirror-promql';
import { useEffect, useRef, type ReactElement } from 'react';
import { reach } from '../../api/client.ts';
import type { PromqlBoxProps } from './promql-box.tsx';

/**
 * The box with completion of names, labels, values and functions. It lives in a shadow tree: there its styles are sheets of the tree, which the page's policy allows, and not
 * elements, which it does not.
 */
export function PromqlEditor({ label, value, hint, onApply }: PromqlBoxProps): ReactElement {
  const host = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView>(undefined);
  const latest = useRef({ onApply });
  useEffect(() => {
    latest.current = { onApply };
  });
  useEffect(() => {
    if (host.current === null) return undefined;
    const root = host.current.shadowRoot ?? host.current.attachShadow({ mode: 'open' });
    const promql = new PromQLExtension().setComplete({
      remote: {
        url: '',
        apiPrefix: '/prometheus/api/v1',
        httpMethod: 'GET',
        fetchFn: async (address, init) => reach(addressOf(address), init ?? {}),
        httpErrorHandler: () => {},
      },
    });
    const apply = (): boolean => {
      if (view.current !== undefined) closeCompletion(view.current);
      latest.current.onApply(view.current?.state.doc.toString().trim() ?? '');
      return true;
    };
    const made = new EditorView({
      parent: root,
      root,
      state: EditorState.create({
        doc: value,
        extensions: [
          // Enter asks, unless the arrows chose a completion; Shift-Enter breaks the line.
          Prec.low(keymap.of([{ key: 'Enter', run: apply }, ...historyKeymap, ...defaultKeymap])),
          autocompletion({ selectOnOpen: false }),
          closeBrackets(),
          bracketMatching(),
          history(),
          lintGutter(),
          EditorView.lineWrapping,
          EditorView.contentAttributes.of({ 'aria-label': label }),
          EditorView.domEventHandlers({ blur: () => void apply() }),
          placeholder(hint),
          look,
          promql.asExtension(),
        ],
      }),
    });
    view.current = made;
    return () => {
      view.current = undefined;
      made.destroy();
      promql.destroy();
    };
    // The editor is made once; what the address says is set below.
    // oxlint-disable-next-line react-hooks/exhaustive-deps
  }, []);
  useEffect(() => {
    const made = view.current;
    if (made === undefined || made.state.doc.toString().trim() === value) return;
    made.dispatch({ changes: { from: 0, to: made.state.doc.length, insert: value } });
  }, [value]);
  return <div className="promql-editor" ref={host} />;
}

/** The client of Prometheus' package gives texts; the type allows what `fetch` takes. */
const addressOf = (address: RequestInfo | URL): string =>
  address instanceof Request ? address.url : address.toString();

const look = EditorView.theme({
  '&': { fontSize: '13px', background: 'transparent', color: 'var(--text)' },
  '&.cm-focused': { outline: 'none' },
  '.cm-content': { fontFamily: 'var(--mono)', caretColor: 'var(--text)', padding: '7px 0' },
  '.cm-gutters': { background: 'transparent', border: '0' },
  '.cm-placeholder': { color: 'var(--faint)', fontFamily: 'var(--sans)', fontSize: '15px' },
  '.cm-tooltip': {
    background: 'var(--surface)',
    color: 'var(--text)',
    border: '1px solid var(--line-strong)',
  },
  '.cm-tooltip-autocomplete ul li[aria-selected]': { background: 'var(--selected)', color: 'var(--text)' },
});
