import type { PanelOverlay } from '@sightline/schema/api';
import type { ReactElement } from 'react';

const overlayWords: Readonly<Record<PanelOverlay, string>> = {
  deploys: 'Deploys',
  alerts: 'Alerts while they fired',
  band: 'Expected band of a single line',
};

interface OverlayChoiceProps {
  readonly legend: string;
  readonly chosen: readonly PanelOverlay[];
  readonly onChange: (chosen: PanelOverlay[]) => void;
}

/** What is drawn into panels over time beside their values. */
export function OverlayChoice({ legend, chosen, onChange }: OverlayChoiceProps): ReactElement {
  return (
    <fieldset className="overlay-choice">
      <legend className="small soft">{legend}</legend>
      {Object.entries(overlayWords).map(([name, words]) => {
        const overlay = name as PanelOverlay;
        return (
          <label key={name} className="check-field">
            <input
              type="checkbox"
              checked={chosen.includes(overlay)}
              onChange={({ target }) =>
                onChange(target.checked ? [...chosen, overlay] : chosen.filter((one) => one !== overlay))
              }
            />
            {words}
          </label>
        );
      })}
    </fieldset>
  );
}
