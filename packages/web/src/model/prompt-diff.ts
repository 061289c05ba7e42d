import type { ConversationMessage } from '@sightline/schema/api';
import { messageText } from './conversation-rows.ts';
import { diffLines, diffLists, foldSame, type FoldedStep } from '@sightline/base';

/** What became of the messages of one prompt in the next. */
export type PromptChange =
  | { readonly kind: 'same'; readonly count: number }
  | { readonly kind: 'added' | 'removed'; readonly role: string; readonly text: string }
  | { readonly kind: 'changed'; readonly role: string; readonly lines: readonly FoldedStep<string>[] };

/** A message that went where one of the same role came counts as changed, and is compared line by line. */
export function diffPrompts(
  before: readonly ConversationMessage[],
  after: readonly ConversationMessage[],
): readonly PromptChange[] {
  const steps = diffLists(before, after, (message) => `${message.role}\n${messageText(message)}`);
  const changes: PromptChange[] = [];
  for (let at = 0; at < steps.length; at++) {
    const step = steps[at];
    if (step === undefined) continue;
    const next = steps[at + 1];
    const last = changes.at(-1);
    if (step.kind === 'same') {
      if (last?.kind === 'same') changes[changes.length - 1] = { kind: 'same', count: last.count + 1 };
      else changes.push({ kind: 'same', count: 1 });
    } else if (step.kind === 'removed' && next?.kind === 'added' && next.value.role === step.value.role) {
      changes.push({
        kind: 'changed',
        role: step.value.role,
        lines: foldSame(diffLines(messageText(step.value), messageText(next.value)), 2),
      });
      at++;
    } else changes.push({ kind: step.kind, role: step.value.role, text: messageText(step.value) });
  }
  return changes;
}
