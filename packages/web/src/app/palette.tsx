import { useQuery } from '@tanstack/react-query';
import { useId, useState, type KeyboardEvent, type ReactElement } from 'react';
import { metricsQuery, servicesQuery } from '../api/queries.ts';
import { counted } from '@sightline/base';
import { findCommands, type Command } from '../model/palette.ts';
import { lastDay, rangePresets } from '../model/time-range.ts';
import { Icon, type IconName } from '../widgets/icon.tsx';
import { Modal } from '../widgets/modal.tsx';
import { copyText } from '../widgets/copy-text.ts';
import { setThemeChoice } from '../widgets/theme.ts';
import { useGo, useUrlState } from '../widgets/url-state.ts';
import { allPages } from './pages.ts';
import { useDataCommands } from './use-data-commands.ts';
import './palette.css';
import './key-help.css';

/** One box that finds pages, agents, models, tools, users, sessions, runs and anything with an id, and does what is done everywhere. */
export function Palette({ onClose }: { readonly onClose: () => void }): ReactElement {
  const id = useId();
  const go = useGo();
  const [text, setText] = useState('');
  const [chosen, setChosen] = useState(0);
  const services = useQuery(servicesQuery(lastDay));
  const metrics = useQuery(metricsQuery(lastDay));
  const { patch } = useUrlState();
  const inData = useDataCommands(text, go);
  const open = (to: string, search?: Record<string, string>) => (): void => go(to, search);
  const known: Command<IconName>[] = [
    ...allPages.map((page) => ({ label: page.label, detail: 'Page', icon: page.icon, run: open(page.to) })),
    { label: 'Get started', detail: 'Page', icon: 'start', run: open('/get-started') },
    { label: 'Theme: light', detail: 'Appearance', icon: 'sun', run: () => setThemeChoice('light') },
    { label: 'Theme: dark', detail: 'Appearance', icon: 'moon', run: () => setThemeChoice('dark') },
    {
      label: 'Theme: as the system',
      detail: 'Appearance',
      icon: 'system',
      run: () => setThemeChoice('system'),
    },
    {
      label: 'Copy link to this page',
      detail: 'Action',
      icon: 'link',
      run: () => void copyText(window.location.href),
    },
    { label: 'New alert rule', detail: 'Action', icon: 'bell', run: open('/alerts/rule') },
    ...rangePresets.map(({ from, label }) => ({
      label: `Range: ${label.toLowerCase()}`,
      detail: 'Action',
      icon: 'clock' as const,
      run: () => patch({ from, to: 'now' }),
    })),
    ...inData.known,
    ...(services.data?.services ?? []).map((service) => ({
      label: service.name,
      detail: `Service, ${counted(service.spanCount, 'span')} today`,
      icon: 'http' as const,
      run: open('/traces', { q: `service:${JSON.stringify(service.name)}` }),
    })),
    ...(metrics.data?.metrics ?? []).map((metric) => ({
      label: metric.name,
      detail: 'Metric',
      icon: 'metrics' as const,
      run: open('/metrics/explore', { name: metric.name }),
    })),
  ];
  const makers = {
    run: (traceId: string) => ({
      label: `Open run ${traceId}`,
      detail: 'Run',
      icon: 'runs' as const,
      run: open(`/runs/${traceId}`),
    }),
    session: (id_: string) => ({
      label: `Open session ${id_}`,
      detail: 'Session id',
      icon: 'sessions' as const,
      run: open(`/sessions/${encodeURIComponent(id_)}`),
    }),
    runs: (words: string) => ({
      label: `Search runs for ${words}`,
      detail: 'Free text or a filter',
      icon: 'runs' as const,
      run: open('/runs', { q: words }),
    }),
    trace: (traceId: string) => ({
      label: `Open trace ${traceId}`,
      detail: 'Trace',
      icon: 'traces' as const,
      run: open(`/traces/${traceId}`),
    }),
    timeline: (word: string) => ({
      label: `Timeline of ${word}`,
      detail: 'Correlation or trace id',
      icon: 'timeline' as const,
      run: open('/timeline', { id: word }),
    }),
    traces: (words: string) => ({
      label: `Search traces for ${words}`,
      detail: 'Free text or a filter',
      icon: 'search' as const,
      run: open('/traces', { q: words }),
    }),
    logs: (words: string) => ({
      label: `Search logs for ${words}`,
      detail: 'Free text or a filter',
      icon: 'logs' as const,
      run: open('/logs', { q: words }),
    }),
  };
  const commands = findCommands<IconName>(text, known, makers, inData.found);
  const run = (command: Command<IconName> | undefined): void => {
    if (command === undefined) return;
    onClose();
    command.run();
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    const move = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
    if (move !== 0) {
      event.preventDefault();
      setChosen((before) => (before + move + commands.length) % Math.max(1, commands.length));
    } else if (event.key === 'Enter') run(commands[chosen]);
  };
  return (
    <Modal className="dialog palette" label="Find anything" onClose={onClose}>
      <div className="palette-input">
        <Icon name="search" />
        <input
          type="text"
          role="combobox"
          aria-label="Find anything"
          aria-expanded="true"
          aria-controls={`${id}-list`}
          aria-activedescendant={`${id}-${chosen}`}
          placeholder="An agent, model, tool, user, page, action, id, or any words"
          value={text}
          spellCheck={false}
          onChange={(event) => {
            setText(event.target.value);
            setChosen(0);
          }}
          onKeyDown={onKeyDown}
        />
      </div>
      <ul id={`${id}-list`} role="listbox" aria-label="Found" className="palette-list">
        {commands.map((command, index) => (
          <li
            // Two runs may have asked the same a minute apart.
            key={`${index} ${command.label}`}
            id={`${id}-${index}`}
            role="option"
            aria-selected={index === chosen}
            onPointerMove={() => setChosen(index)}
            onClick={() => run(command)}
          >
            <Icon name={command.icon} />
            <span className="clip">{command.label}</span>
            <span className="faint small clip">{command.detail}</span>
          </li>
        ))}
      </ul>
    </Modal>
  );
}
