/** Makes the messages of groups that are due, in one transaction with what is noted of them. */
import { addMessage, dropMembers, membersOf, putOffGroup, takeDueGroups } from '../catalog/alert-groups.ts';
import { listInstances } from '../catalog/alert-instances.ts';
import { listAlertRules } from '../catalog/alert-rules.ts';
import { listSilences } from '../catalog/alert-silences.ts';
import type { SqlRunner } from '../catalog/catalog-database.ts';
import { composeMessage, type HiddenMember, type MemberView, type StoredLine } from './compose-message.ts';
import { AlertView } from './describe-alerts.ts';

/** How many messages were made. */
export async function dispatchGroups(tx: SqlRunner, linkTo: (path: string) => string): Promise<number> {
  const due = await takeDueGroups(tx);
  if (due.length === 0) return 0;
  const members = Map.groupBy(
    await membersOf(
      tx,
      due.map(({ id }) => id),
    ),
    ({ groupId }) => groupId,
  );
  let made = 0;
  for (const [project, groups] of Map.groupBy(due, (group) => group.project)) {
    const surroundings = await readSurroundings(tx, project);
    for (const group of groups) {
      if (group.isSending) {
        await putOffGroup(tx, group.id, 1);
        continue;
      }
      const views = (members.get(group.id) ?? []).map((member): MemberView => {
        const line = member.line as StoredLine;
        return {
          ...member,
          line,
          hidden: surroundings.hidden(line),
          isAcknowledged: surroundings.acknowledged.has(member.instanceId),
        };
      });
      const composed = composeMessage(group, views, linkTo(`/alerts?group=${group.id}`));
      await dropMembers(tx, composed.drop);
      await putOffGroup(tx, group.id, composed.nextS);
      if (composed.kind === 'nothing') continue;
      const { notification, firing, resolved } = composed;
      const { sequence } = notification;
      const dedupeKey = `${notification.key}-${sequence}`;
      await addMessage(tx, {
        group,
        sequence,
        dedupeKey,
        body: { ...notification, dedupeKey },
        firing,
        resolved,
      });
      made++;
    }
  }
  return made;
}

interface Surroundings {
  readonly acknowledged: ReadonlySet<string>;
  readonly hidden: (line: StoredLine) => HiddenMember | undefined;
}

/** What hides an alert of the project now, and what somebody has taken on. */
async function readSurroundings(db: SqlRunner, project: string): Promise<Surroundings> {
  const instances = await listInstances(db, project);
  const view = new AlertView({
    rules: await listAlertRules(db, project),
    instances,
    silences: await listSilences(db, project),
  });
  return {
    acknowledged: new Set(instances.filter(({ ackAt }) => ackAt !== null).map(({ id }) => id)),
    hidden: ({ labels, rule }) =>
      view.silencedBy(labels).length > 0
        ? 'silenced'
        : view.inhibitedBy(rule, labels).length > 0
          ? 'inhibited'
          : undefined,
  };
}
