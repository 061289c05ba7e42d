import { conversationForms, withSystem } from './conversation-forms.ts';
import { logMessages } from './log-messages.ts';
import { isToolUse } from './read-tool-use.ts';
import type { Conversation, Message, MessageSource } from './message.ts';

/**
 * What was said to the model and what it answered, from the first form that has it; the two are found apart, since
 * capturing one of them can be switched off. Empty where the span carries no content.
 */
export function readConversation(source: MessageSource): Conversation {
  // What goes into a tool and comes out is no conversation, see `readToolUse`.
  if (isToolUse(source)) return { input: [], output: [] };
  const input = first((form) => form.input(source.attributes, source));
  const output = first((form) => form.output(source.attributes, source));
  const isWhole = input.length > 0 && output.length > 0;
  const logged = isWhole ? { input, output } : logMessages(source);
  return {
    // Instructions may stand apart from all the rest that was said.
    input: withSystem(
      source.attributes['gen_ai.system_instructions'],
      input.length > 0 ? input : logged.input,
    ),
    output: output.length > 0 ? output : logged.output,
  };
}

function first(read: (form: (typeof conversationForms)[number]) => readonly Message[]): readonly Message[] {
  for (const form of conversationForms) {
    const messages = read(form);
    if (messages.length > 0) return messages;
  }
  return [];
}
