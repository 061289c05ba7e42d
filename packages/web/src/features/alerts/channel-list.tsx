import type { ChannelView } from '@sightline/schema/api';
import { useMutation } from '@tanstack/react-query';
import type { ReactElement } from 'react';
import { testChannel } from '../../api/channel-queries.ts';
import { channelAddress, channelKinds } from '../../model/channel-form.ts';
import { Button } from '../../widgets/button.tsx';

interface ChannelListProps {
  readonly channels: readonly ChannelView[];
  readonly onEdit: (id: string) => void;
}

export function ChannelList({ channels, onEdit }: ChannelListProps): ReactElement {
  return (
    <ul className="channels">
      {channels.length === 0 && (
        <li className="soft">No channel yet: alerts are shown here and written to the log of the server.</li>
      )}
      {channels.map((channel) => (
        <ChannelLine key={channel.id} channel={channel} onEdit={() => onEdit(channel.id)} />
      ))}
    </ul>
  );
}

function ChannelLine({
  channel,
  onEdit,
}: {
  readonly channel: ChannelView;
  readonly onEdit: () => void;
}): ReactElement {
  const test = useMutation({ mutationFn: () => testChannel(channel.id) });
  const { data } = test;
  return (
    <li className="channel-line">
      <button type="button" className="route-name" onClick={onEdit}>
        {channel.name}
      </button>
      <span className="soft">{channelKinds.find(({ type }) => type === channel.settings.type)?.label}</span>
      <span className="mono small soft clip">{channelAddress(channel.settings)}</span>
      <Button disabled={test.isPending} onClick={() => test.mutate()}>
        {test.isPending ? 'Sending…' : 'Send a test'}
      </Button>
      <span role="status" className="channel-said">
        {data !== undefined && (
          <span className={data.outcome === 'delivered' ? 'good-text' : 'error-text'}>
            {data.outcome === 'delivered' ? 'Delivered.' : (data.reason ?? 'It was not delivered.')}
            {data.answers.length > 0 && ` It said: ${data.answers.join(' · ')}`}
          </span>
        )}
        {test.error !== null && <span className="error-text">{test.error.message}</span>}
      </span>
    </li>
  );
}
