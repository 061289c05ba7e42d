import type { TokenPart } from '@sightline/schema/api';
import type { ReactElement } from 'react';
import { formatCostUsd, formatCount, formatShare } from '@sightline/base';
import { SaveTable } from '../../widgets/save-table.tsx';

const labels: Readonly<Record<TokenPart['part'], string>> = {
  input: 'Input',
  cache_read: 'Read from cache',
  cache_write: 'Written to cache',
  output: 'Output',
  reasoning: 'Reasoning',
};

/** Which tokens there were, and which of them cost. */
export function TokenParts({ parts }: { readonly parts: readonly TokenPart[] }): ReactElement | null {
  const shown = parts.filter((part) => part.tokens > 0);
  const tokens = shown.reduce((sum, part) => sum + part.tokens, 0);
  if (tokens === 0) return null;
  const cost = shown.reduce((sum, part) => sum + (part.costUsd ?? 0), 0);
  return (
    <section className="token-parts">
      <SaveTable name="tokens by kind" rows={shown} />
      <h2>By kind of token</h2>
      {cost > 0 && (
        <PartsBar
          label="Cost"
          parts={shown.map((part) => ({ ...part, share: (part.costUsd ?? 0) / cost }))}
        />
      )}
      <PartsBar label="Tokens" parts={shown.map((part) => ({ ...part, share: part.tokens / tokens }))} />
      <table>
        <tbody>
          {shown.map((part) => (
            <tr key={part.part}>
              <th scope="row">
                <span className={`token-dot part-${part.part}`} />
                {labels[part.part]}
              </th>
              <td className="num">{formatCount(part.tokens)}</td>
              <td className="num faint">{formatShare(part.tokens / tokens)}</td>
              <td className="num">
                {part.costUsd === null ? (
                  <span className="warn-text">unknown</span>
                ) : (
                  formatCostUsd(part.costUsd)
                )}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

function PartsBar({
  label,
  parts,
}: {
  readonly label: string;
  readonly parts: readonly { readonly part: TokenPart['part']; readonly share: number }[];
}): ReactElement {
  return (
    <div className="parts-bar">
      <span className="faint small">{label}</span>
      <span
        className="parts-bar-lane"
        role="img"
        aria-label={`${label}: ${parts.map((part) => `${labels[part.part]} ${formatShare(part.share)}`).join(', ')}`}
      >
        {parts.map((part) => (
          <span
            key={part.part}
            className={`part-${part.part}`}
            style={{ width: `${part.share * 100}%` }}
            title={`${labels[part.part]}: ${formatShare(part.share)}`}
          />
        ))}
      </span>
    </div>
  );
}
