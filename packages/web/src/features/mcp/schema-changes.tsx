import type { McpSchemaChange } from '@sightline/schema/api';
import { useMemo, useState, type ReactElement } from 'react';
import { counted, diffLines, foldSame } from '@sightline/base';
import { formatDateTime, msFromTimestamp } from '../../model/timestamp.ts';
import { DiffLines } from '../../widgets/diff-lines.tsx';

/** Definitions of tools that became other ones: what a client built against may no longer hold. */
export function SchemaChanges({
  changes,
  isRecorded,
}: {
  readonly changes: readonly McpSchemaChange[];
  readonly isRecorded: boolean;
}): ReactElement {
  return (
    <section className="schema-changes">
      <h2>Changes of definitions</h2>
      {changes.length === 0 && (
        <p className="faint">
          {isRecorded
            ? 'No definition changed in this range.'
            : 'No definitions were recorded: they are read from answers to tools/list and from gen_ai.tool.definitions.'}
        </p>
      )}
      <ul>
        {changes.map((change) => (
          <Change key={`${change.server} ${change.tool} ${change.time}`} change={change} />
        ))}
      </ul>
    </section>
  );
}

const words = { added: 'new', removed: 'gone', changed: 'changed' } as const;

function Change({ change }: { readonly change: McpSchemaChange }): ReactElement {
  const [isOpen, setOpen] = useState(false);
  const lines = useMemo(
    () => foldSame(diffLines(printed(change.before), printed(change.after)), 2),
    [change],
  );
  const count = lines.filter((line) => line.kind === 'added' || line.kind === 'removed').length;
  return (
    <li>
      <button type="button" className="fold-line" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
        <span className="mono">{change.tool}</span>
        <span className={change.change === 'added' ? 'soft' : 'warn-text'}>{words[change.change]}</span>
        <span className="faint small">
          {change.server}, {formatDateTime(msFromTimestamp(change.time))}, {counted(count, 'line')} differ
        </span>
      </button>
      {isOpen && <DiffLines lines={lines} />}
    </li>
  );
}

function printed(value: unknown): string {
  return value === null || value === undefined ? '' : JSON.stringify(value, undefined, 2);
}
