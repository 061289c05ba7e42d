import { Tabs } from 'radix-ui';
import type { ReactElement } from 'react';
import {
  type SendTo,
  type SnippetLanguage,
  snippetLanguages,
  type Stack,
} from '../../model/snippets/snippet.ts';
import { stacks } from '../../model/snippets/stacks.ts';
import { Segmented } from '../../widgets/button.tsx';
import { CodeBlock } from '../../widgets/code-block.tsx';
import { PageLink } from '../../widgets/page-link.tsx';
import { useUrlState } from '../../widgets/url-state.ts';
import '../../widgets/tabs.css';

const labels = { node: 'Node', python: 'Python', shell: 'curl' } as const;
const codingAgents: readonly string[] = ['claude-code', 'codex', 'gemini-cli'];

/** A program for each way to write an agent: `with` and `in` of the address say which. */
export function StackTabs({ to }: { readonly to: SendTo }): ReactElement {
  const { search, patch } = useUrlState();
  const stack = stacks.find(({ id }) => id === search['with']) ?? stacks[0];
  return (
    <Tabs.Root
      value={stack?.id ?? ''}
      onValueChange={(id) => patch({ with: id === stacks[0]?.id ? undefined : id }, 'replace')}
    >
      <Tabs.List className="tab-list get-started-tabs" aria-label="What you build with">
        {stacks.map(({ id, title }) => (
          <Tabs.Trigger key={id} value={id}>
            {title}
          </Tabs.Trigger>
        ))}
      </Tabs.List>
      {stack !== undefined && (
        <Tabs.Content value={stack.id} className="get-started-parts">
          <StackSnippet stack={stack} to={to} />
        </Tabs.Content>
      )}
    </Tabs.Root>
  );
}

function StackSnippet({ stack, to }: { readonly stack: Stack; readonly to: SendTo }): ReactElement | null {
  const { search, patch } = useUrlState();
  const languages = snippetLanguages.filter((one) => stack.snippets[one] !== undefined);
  const language: SnippetLanguage | undefined = languages.find((one) => one === search['in']) ?? languages[0];
  const snippet = language === undefined ? undefined : stack.snippets[language]?.(to);
  if (snippet === undefined || language === undefined) return null;
  return (
    <>
      <div className="get-started-language">
        <p className="soft">
          {snippet.needs === undefined
            ? 'In an empty folder, or in your own program.'
            : `In an empty folder, with ${snippet.needs} set in the shell.`}
        </p>
        {languages.length > 1 && (
          <Segmented
            label="Language"
            value={language}
            options={languages.map((value) => ({ value, label: labels[value] }))}
            onChange={(value) => patch({ in: value === languages[0] ? undefined : value }, 'replace')}
          />
        )}
      </div>
      {snippet.parts.map((part) => (
        <CodeBlock key={part.caption} caption={part.caption} code={part.code} />
      ))}
      {snippet.note !== undefined && <p className="soft">{snippet.note}</p>}
      {codingAgents.includes(stack.id) && (
        <p>
          Sessions, tokens, cost, tools and lines are then on{' '}
          <PageLink to="/coding-agents">Coding agents</PageLink>.
        </p>
      )}
    </>
  );
}
