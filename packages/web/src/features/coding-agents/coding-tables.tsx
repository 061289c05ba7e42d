import type { CodingAgentsResponse } from '@sightline/schema/api';
import type { ReactElement, ReactNode } from 'react';
import { activeWords, agentLabels, decisionWords, lineWords } from '../../model/coding-agent-words.ts';
import { formatCount } from '@sightline/base';
import { CostValue, Dash, ErrorsValue } from '../../widgets/facts.tsx';
import { SaveTable } from '../../widgets/save-table.tsx';
import { PlainTable } from '../../widgets/plain-table.tsx';

const toolsShownMax = 50;

interface CodingTablesProps {
  readonly data: CodingAgentsResponse;
  readonly onChoose: (name: 'agent' | 'user' | 'model', value: string | null) => void;
}

/** The same sums by agent, user and model, and what the tools did. */
export function CodingTables({ data, onChoose }: CodingTablesProps): ReactElement {
  return (
    <>
      <SaveTable name="coding agents" rows={data.agents} />
      <h2>Agents</h2>
      <Table
        label="Agents"
        head={[
          'Agent',
          '>Sessions',
          '>Model calls',
          '>Failed',
          '>Tokens',
          '>Cost',
          '>Tools',
          '>Accepted / rejected',
          '>Lines',
          '>Active',
          'Version',
        ]}
      >
        {data.agents.map((row) => (
          <tr key={row.agent}>
            <td>
              <Choose onClick={() => onChoose('agent', row.agent)}>{agentLabels[row.agent]}</Choose>
            </td>
            <Num>{formatCount(row.sessions)}</Num>
            <Num>{formatCount(row.calls)}</Num>
            <Num>
              <ErrorsValue count={row.errors} />
            </Num>
            <Num>{formatCount(row.inputTokens + row.outputTokens)}</Num>
            <Num>
              <CostValue of={row} />
            </Num>
            <Num>
              {formatCount(row.toolCalls)}
              {row.toolFailures > 0 && (
                <span className="error-text"> ({formatCount(row.toolFailures)} failed)</span>
              )}
            </Num>
            <Num>{decisionWords(row)}</Num>
            <Num>{lineWords(row)}</Num>
            <Num>{activeWords(row)}</Num>
            <td className="soft">{row.versions.join(', ')}</td>
          </tr>
        ))}
      </Table>
      <div className="coding-pair">
        <section>
          <SaveTable name="users of coding agents" rows={data.users} />
          <h2>Users</h2>
          <Table label="Users" head={['User', '>Sessions', '>Tokens', '>Cost', '>Lines']}>
            {data.users.map((row) => (
              <tr key={row.user ?? ''}>
                <td className="grow">
                  {row.user === null ? (
                    <span className="faint">not told</span>
                  ) : (
                    <Choose onClick={() => onChoose('user', row.user)}>{row.user}</Choose>
                  )}
                </td>
                <Num>{formatCount(row.sessions)}</Num>
                <Num>{formatCount(row.inputTokens + row.outputTokens)}</Num>
                <Num>
                  <CostValue of={row} />
                </Num>
                <Num>{lineWords(row)}</Num>
              </tr>
            ))}
          </Table>
        </section>
        <section>
          <SaveTable name="models of coding agents" rows={data.models} />
          <h2>Models</h2>
          <Table label="Models" head={['Model', '>Calls', '>Failed', '>Tokens', '>Cost']}>
            {data.models.map((row) => (
              <tr key={row.model ?? ''}>
                <td className="grow">
                  {row.model === null ? (
                    <span className="faint">unknown</span>
                  ) : (
                    <Choose onClick={() => onChoose('model', row.model)}>{row.model}</Choose>
                  )}
                </td>
                <Num>{formatCount(row.calls)}</Num>
                <Num>
                  <ErrorsValue count={row.errors} />
                </Num>
                <Num>{formatCount(row.inputTokens + row.outputTokens)}</Num>
                <Num>
                  <CostValue of={row} />
                </Num>
              </tr>
            ))}
          </Table>
        </section>
      </div>
      {data.tools.length > 0 && (
        <>
          <SaveTable name="tools of coding agents" rows={data.tools} />
          <h2>Tools</h2>
          {data.tools.length > toolsShownMax && (
            <p className="soft small">
              The {toolsShownMax} called most of {formatCount(data.tools.length)}.
            </p>
          )}
          <Table label="Tools" head={['Tool', 'Agent', '>Calls', '>Failed', '>Accepted', '>Rejected']}>
            {data.tools.slice(0, toolsShownMax).map((row) => (
              <tr key={`${row.agent} ${row.tool}`}>
                <td>{row.tool}</td>
                <td className="soft grow">{agentLabels[row.agent]}</td>
                <Num>{row.calls === 0 ? <Dash /> : formatCount(row.calls)}</Num>
                <Num>
                  <ErrorsValue count={row.failures} />
                </Num>
                <Num>{row.accepted === 0 ? <Dash /> : formatCount(row.accepted)}</Num>
                <Num>{row.rejected === 0 ? <Dash /> : formatCount(row.rejected)}</Num>
              </tr>
            ))}
          </Table>
        </>
      )}
    </>
  );
}

/** A head that begins with `>` stands over numbers. */
export function Table(props: {
  readonly label: string;
  readonly head: readonly string[];
  readonly children: ReactNode;
}): ReactElement {
  return (
    <PlainTable label={props.label}>
      <table>
        <thead>
          <tr>
            {props.head.map((title) => (
              <th key={title} className={title.startsWith('>') ? 'end' : undefined}>
                {title.replace('>', '')}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>{props.children}</tbody>
      </table>
    </PlainTable>
  );
}

export function Num({ children }: { readonly children: ReactNode }): ReactElement {
  return <td className="end">{children}</td>;
}

function Choose(props: { readonly onClick: () => void; readonly children: ReactNode }): ReactElement {
  return (
    <button type="button" className="coding-choose clip" title="Only this" onClick={props.onClick}>
      {props.children}
    </button>
  );
}
