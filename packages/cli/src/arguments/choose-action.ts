import { badOption } from './options.ts';

/** The first word after a command that does several things. Throws `bad_option` for a word that it does not know. */
export function chooseAction<Action extends string>(
  command: string,
  actions: readonly Action[],
  word = '',
): Action {
  const action = actions.find((each) => each === word);
  if (action === undefined)
    throw badOption(`"${word}" is nothing that ${command} can do.`, `Use one of ${actions.join(', ')}.`);
  return action;
}
