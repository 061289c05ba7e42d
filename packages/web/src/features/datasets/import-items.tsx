import { counted, inPieces } from '@sightline/base';
import { readItemsFile } from '@sightline/schema/datasets';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useRef, useState, type ReactElement } from 'react';
import { addItems } from '../../api/quality-queries.ts';
import { Button } from '../../widgets/button.tsx';

/** A file of CSV or JSON lines, sent in pieces that are one version. */
export function ImportItems({ name }: { readonly name: string }): ReactElement {
  const client = useQueryClient();
  const input = useRef<HTMLInputElement>(null);
  const [said, setSaid] = useState('');
  const send = useMutation({
    mutationFn: async (file: File) => {
      const items = readItemsFile(await file.text(), file.name.endsWith('.csv') ? 'csv' : 'auto');
      let intoVersion: number | undefined;
      let added = 0;
      let duplicates = 0;
      let sent = 0;
      for (const piece of inPieces(items, { itemsMax: 200, bytesMax: 800_000 })) {
        setSaid(`${sent} of ${counted(items.length, 'item')}…`);
        sent += piece.length;
        const answer = await addItems(name, {
          items: piece,
          note: file.name.slice(0, 200),
          ...(intoVersion === undefined ? {} : { intoVersion }),
        });
        added += answer.added + answer.changed;
        duplicates += answer.duplicates;
        if (answer.added + answer.changed > 0) intoVersion = answer.version;
      }
      setSaid(
        `${counted(added, 'item')} from the file${duplicates === 0 ? '' : `, ${counted(duplicates, 'duplicate')} left out`}`,
      );
    },
    onSettled: async () => client.invalidateQueries({ queryKey: ['datasets'] }),
  });
  return (
    <>
      <input
        ref={input}
        type="file"
        hidden
        aria-label="File of items"
        accept=".csv,.json,.jsonl,.ndjson,text/csv,application/json"
        onChange={(event) => {
          const file = event.target.files?.[0];
          if (file !== undefined) send.mutate(file);
          event.target.value = '';
        }}
      />
      <Button icon="plus" disabled={send.isPending} onClick={() => input.current?.click()}>
        Import a file
      </Button>
      {send.error === null ? (
        said !== '' && <span className="soft small">{said}</span>
      ) : (
        <span className="error-text">{send.error.message}</span>
      )}
    </>
  );
}
