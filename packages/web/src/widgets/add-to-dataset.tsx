import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState, type FormEvent, type ReactElement } from 'react';
import { addFromTraces, createDataset, datasetsQuery } from '../api/quality-queries.ts';
import { counted } from '@sightline/base';
import { Button } from './button.tsx';
import { Modal } from './modal.tsx';
import { PageLink } from './page-link.tsx';
import './form.css';

interface AddToDatasetProps {
  /** Read when somebody says yes. */
  readonly from: () => Promise<readonly { readonly traceId: string; readonly spanId?: string }[]>;
  readonly what: string;
  readonly onClose: () => void;
}

/** Asks into which dataset runs or steps go, and puts them there. */
export function AddToDatasetDialog({ from, what, onClose }: AddToDatasetProps): ReactElement {
  const client = useQueryClient();
  const datasets = useQuery(datasetsQuery);
  const [name, setName] = useState('');
  const known = datasets.data?.datasets ?? [];
  const add = useMutation({
    mutationFn: async (dataset: string) => {
      if (!known.some((each) => each.name === dataset)) await createDataset(dataset);
      return addFromTraces(dataset, await from());
    },
    onSuccess: async () => client.invalidateQueries({ queryKey: ['datasets'] }),
  });
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    add.mutate(name.trim());
  };
  const { data } = add;
  return (
    <Modal className="form-dialog" label="Add to dataset" onClose={onClose}>
      <form className="form-fields" style={{ padding: 20, minWidth: 320 }} onSubmit={submit}>
        <h2>Add {what} to a dataset</h2>
        <label className="field">
          <span>Dataset, one that is there or a new one</span>
          <input
            list="dataset-names"
            value={name}
            required
            pattern="[A-Za-z0-9][A-Za-z0-9._\-]{0,99}"
            title="Letters, digits, . _ and -"
            onChange={(event) => setName(event.target.value)}
          />
          <datalist id="dataset-names">
            {known.map((each) => (
              <option key={each.name} value={each.name} />
            ))}
          </datalist>
        </label>
        {data !== undefined && (
          <p role="status">
            {counted(data.added, 'item')} added
            {data.duplicates > 0 && `, ${counted(data.duplicates, 'duplicate')} left out`}
            {data.failed.length > 0 &&
              `. ${data.failed.length} could not be added: ${data.failed[0]?.reason ?? ''}`}{' '}
            <PageLink to="/datasets" search={{ dataset: name.trim() }}>
              Open the dataset
            </PageLink>
          </p>
        )}
        {add.error !== null && <p className="form-problem">{add.error.message}</p>}
        <div className="form-row">
          <Button look="primary" type="submit" disabled={add.isPending}>
            Add
          </Button>
          <Button onClick={onClose}>Close</Button>
        </div>
      </form>
    </Modal>
  );
}
