import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import type { ReactElement } from 'react';
import { shareStatusPage, statusLinkQuery } from '../../api/check-queries.ts';
import { Button } from '../../widgets/button.tsx';
import { SkeletonText } from '../../widgets/states.tsx';

/** The page that anybody sees who has its link. */
export function ShareLink(): ReactElement {
  const client = useQueryClient();
  const { data } = useQuery(statusLinkQuery);
  const share = useMutation({
    mutationFn: shareStatusPage,
    onSuccess: (link) => client.setQueryData(statusLinkQuery.queryKey, link),
  });
  if (data === undefined) return <SkeletonText width={200} />;
  return (
    <span className="share-link">
      {data.path === null ? (
        <Button look="quiet" icon="link" disabled={share.isPending} onClick={() => share.mutate(true)}>
          Share a status page
        </Button>
      ) : (
        <>
          <a href={data.path} target="_blank" rel="noreferrer">
            Status page
          </a>
          <span className="faint">seen by anybody with the link</span>
          <Button look="quiet" disabled={share.isPending} onClick={() => share.mutate(false)}>
            Stop sharing
          </Button>
        </>
      )}
      {share.error !== null && <span className="error-text">{share.error.message}</span>}
    </span>
  );
}
