import type { AskPanelsLine, DashboardPanel, PanelBand, PanelData } from '@sightline/schema/api';
import { useEffect, useRef, useState } from 'react';
import { busy } from '../../api/busy.ts';
import { ApiError } from '../../api/client.ts';
import { askPanels, type AskPanels } from '../../api/dashboard-queries.ts';
import type { TimeRange } from '../../model/time-range.ts';

export interface PanelAnswer {
  /** The last answer that came, also while a newer one is asked for or was refused. */
  readonly data: PanelData | undefined;
  readonly error: Error | undefined;
  readonly isAsking: boolean;
  /** Between which values its line was expected; it comes after the answer. */
  readonly band?: PanelBand | undefined;
  /** Why there is no band. */
  readonly bandNote?: string;
}

interface Asked {
  readonly panels: readonly DashboardPanel[];
  readonly range: TimeRange;
  readonly values: Readonly<Record<string, string[]>>;
  readonly asOf: number;
  readonly ask?: AskPanels;
}

const nothing: PanelAnswer = { data: undefined, error: undefined, isAsking: true };

/**
 * The answers of panels: those that are seen are asked first, then the rest. A panel is asked again when its questions, the range or a variable change, and
 * at each `asOf`.
 */
export function usePanelAnswers({ panels, range, values, asOf, ask: send = askPanels }: Asked): {
  readonly answerOf: (id: string) => PanelAnswer;
  /** Gives the element of a panel, so that it is known whether it is seen. */
  readonly watch: (id: string) => (element: HTMLElement | null) => void;
} {
  const [answers, setAnswers] = useState<Readonly<Record<string, PanelAnswer>>>({});
  const elements = useRef(new Map<string, HTMLElement>());
  const asked = useRef(new Map<string, string>());
  const scope = JSON.stringify([range, values, asOf]);
  const keys = panels.map(
    ({ id, kind, queries, unit, overlays }) =>
      `${id} ${JSON.stringify([kind, queries, unit, overlays?.includes('band')])}`,
  );
  useEffect(() => {
    const wanted = panels
      .map((panel, index) => ({ panel, key: `${keys[index] ?? ''} ${scope}` }))
      .filter(({ panel, key }) => panel.kind !== 'text' && asked.current.get(panel.id) !== key);
    if (wanted.length === 0) return undefined;
    for (const { panel, key } of wanted) asked.current.set(panel.id, key);
    const gone = new AbortController();
    const done = busy.begin();
    const update = (id: string, change: (before: PanelAnswer) => PanelAnswer): void =>
      setAnswers((before) => ({ ...before, [id]: change(before[id] ?? nothing) }));
    for (const { panel } of wanted) update(panel.id, (before) => ({ ...before, isAsking: true }));
    const open = new Set(wanted.map(({ panel }) => panel.id));
    const take = (line: AskPanelsLine): void => {
      if ('band' in line) {
        update(line.id, (before) => ({ ...before, band: line.band ?? undefined, bandNote: line.note }));
        return;
      }
      open.delete(line.id);
      update(line.id, (before) =>
        'data' in line
          ? { ...keptBand(before, line.data), data: line.data, error: undefined, isAsking: false }
          : { ...before, error: new ApiError(400, line.error), isAsking: false },
      );
    };
    const ask = async (some: typeof wanted): Promise<void> => {
      if (some.length === 0) return;
      await send(
        { ...range, variables: { ...values }, panels: some.map(({ panel }) => panel) },
        take,
        gone.signal,
      );
    };
    const { seen = [], unseen = [] } = Object.groupBy(wanted, ({ panel }) =>
      isSeen(elements.current.get(panel.id)) ? 'seen' : 'unseen',
    );
    void ask(seen)
      .then(async () => ask(unseen))
      .catch((error: unknown) => {
        if (gone.signal.aborted) return;
        for (const id of open)
          update(id, (before) => ({ ...before, error: asError(error), isAsking: false }));
      })
      .finally(done);
    return () => {
      gone.abort();
      // What was not answered is asked again.
      for (const id of open) asked.current.delete(id);
    };
    // The keys say all that the panels ask.
    // oxlint-disable-next-line react-hooks/exhaustive-deps
  }, [keys.join('\n'), scope]);
  return {
    answerOf: (id) => answers[id] ?? nothing,
    watch: (id) => (element) => {
      if (element === null) elements.current.delete(id);
      else elements.current.set(id, element);
    },
  };
}

/** A band stays until the next one comes, where it is of the same times. */
function keptBand(before: PanelAnswer, { times }: PanelData): Pick<PanelAnswer, 'band' | 'bandNote'> {
  const isSame = before.data?.times[0] === times[0] && before.data?.times.length === times.length;
  return isSame ? { band: before.band, bandNote: before.bandNote ?? '' } : {};
}

function isSeen(element: HTMLElement | undefined): boolean {
  if (element === undefined) return false;
  const { top, bottom } = element.getBoundingClientRect();
  return bottom > 0 && top < window.innerHeight;
}

const asError = (error: unknown): Error => (error instanceof Error ? error : new Error(String(error)));
