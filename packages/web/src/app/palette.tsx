import { useQuery } from '@tanstack/react-query';
import { useId, useState, type KeyboardEvent, type ReactElement } from 'react';
import { metricsQuery, servicesQuery } from '../api/queries.ts';
import { formatCount } from '../model/format.ts';
import { findCommands, type Command } from '../model/palette.ts';
import { Icon, type IconName } from '../widgets/icon.tsx';
import { Modal } from '../widgets/modal.tsx';
import { setThemeChoice } from '../widgets/theme.ts';
import { useGo } from '../widgets/url-state.ts';
import { allPages } from './pages.ts';
import './palette.css';
import './key-help.css';

const lastDay = { from: '-24h', to: 'now' };

/** One box that finds pages, services, metrics and anything with an id. */
export function Palette({ onClose }: { readonly onClose: () => void }): ReactElement {
  const id = useId();
  const go = useGo();
  const [text, setText] = useState('');
  const [chosen, setChosen] = useState(0);
  const services = useQuery(servicesQuery(lastDay));
  const metrics = useQuery(metricsQuery(lastDay));
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
    ...(services.data?.services ?? []).map((service) => ({
      label: service.name,
      detail: `Service, ${formatCount(service.spanCount)} spans today`,
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
  const commands = findCommands(text, known, {
    trace: (traceId) => ({
      label: `Open trace ${traceId}`,
      detail: 'Trace',
      icon: 'traces',
      run: open(`/traces/${traceId}`),
    }),
    timeline: (word) => ({
      label: `Timeline of ${word}`,
      detail: 'Correlation or trace id',
      icon: 'timeline',
      run: open('/timeline', { id: word }),
    }),
    traces: (words) => ({
      label: `Search traces for ${words}`,
      detail: 'Free text or a filter',
      icon: 'search',
      run: open('/traces', { q: words }),
    }),
    logs: (words) => ({
      label: `Search logs for ${words}`,
      detail: 'Free text or a filter',
      icon: 'logs',
      run: open('/logs', { q: words }),
    }),
  });
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
          placeholder="A page, a service, a metric, a trace or correlation id, any words"
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
            key={`${command.detail} ${command.label}`}
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
