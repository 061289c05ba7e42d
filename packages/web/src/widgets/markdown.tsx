import { Fragment, useMemo, type ReactElement } from 'react';
import { type Inline, type MarkdownBlock, type MarkdownList, parseMarkdown } from '../model/markdown.ts';
import './markdown.css';

/** Words as a model meant them: headings, lists, code and tables, never markup of a prompt's own. Each block runs the way its first word does. */
export function Markdown({ text }: { readonly text: string }): ReactElement {
  const blocks = useMemo(() => parseMarkdown(text), [text]);
  return (
    <div className="markdown">
      {blocks.map((block, index) => (
        // Blocks have no identity but their place.
        // oxlint-disable-next-line react/no-array-index-key
        <Block key={index} block={block} />
      ))}
    </div>
  );
}

function Block({ block }: { readonly block: MarkdownBlock }): ReactElement {
  switch (block.type) {
    case 'heading':
      return (
        <p dir="auto" className={`markdown-heading level-${Math.min(3, block.level)}`}>
          <Inlines inlines={block.inlines} />
        </p>
      );
    case 'code':
      return (
        <pre
          className="markdown-code"
          tabIndex={0}
          aria-label={`Code${block.language === '' ? '' : `, ${block.language}`}`}
        >
          {block.text}
        </pre>
      );
    case 'quote':
      return (
        <blockquote dir="auto">
          <Inlines inlines={block.inlines} />
        </blockquote>
      );
    case 'list':
      return <List block={block} />;
    case 'table':
      return <Table block={block} />;
    case 'rule':
      return <hr />;
    case 'paragraph':
      return (
        <p dir="auto">
          <Inlines inlines={block.inlines} />
        </p>
      );
  }
}

function List({ block }: { readonly block: MarkdownList }): ReactElement {
  const items = block.items.map((item, index) => (
    // oxlint-disable-next-line react/no-array-index-key
    <li key={index}>
      <Inlines inlines={item.inlines} />
      {item.within !== undefined && <List block={item.within} />}
    </li>
  ));
  return block.ordered ? (
    <ol dir="auto" start={block.start}>
      {items}
    </ol>
  ) : (
    <ul dir="auto">{items}</ul>
  );
}

function Table({ block }: { readonly block: MarkdownBlock & { type: 'table' } }): ReactElement {
  return (
    <div className="markdown-table" tabIndex={0} role="region" aria-label="Table">
      <table dir="auto">
        <thead>
          <tr>
            {block.head.map((cell, index) => (
              // oxlint-disable-next-line react/no-array-index-key
              <th key={index}>
                <Inlines inlines={cell} />
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {block.rows.map((row, index) => (
            // oxlint-disable-next-line react/no-array-index-key
            <tr key={index}>
              {row.map((cell, place) => (
                // oxlint-disable-next-line react/no-array-index-key
                <td key={place}>
                  <Inlines inlines={cell} />
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Inlines({ inlines }: { readonly inlines: readonly Inline[] }): ReactElement {
  return (
    <>
      {inlines.map((inline, index) => (
        // oxlint-disable-next-line react/no-array-index-key
        <Fragment key={index}>{renderInline(inline)}</Fragment>
      ))}
    </>
  );
}

function renderInline(inline: Inline): ReactElement | string {
  if (inline.type === 'code') return <code>{inline.text}</code>;
  if (inline.type === 'strong') return <strong>{inline.text}</strong>;
  if (inline.type === 'emphasis') return <em>{inline.text}</em>;
  if (inline.type === 'link')
    return (
      <a href={inline.href} target="_blank" rel="noreferrer noopener">
        {inline.text}
      </a>
    );
  return inline.text;
}
