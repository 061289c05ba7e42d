import { operationFamilies } from '../model/operation.ts';
import { seriesCount } from '../model/service-series.ts';

/** The theme's colours as canvas strings, read once per theme. */
export interface CanvasPalette {
  readonly ground: string;
  readonly surface: string;
  readonly sunken: string;
  readonly line: string;
  readonly lineStrong: string;
  readonly text: string;
  readonly soft: string;
  readonly faint: string;
  readonly accent: string;
  readonly selected: string;
  readonly hover: string;
  readonly error: string;
  readonly warn: string;
  /** By index into `operationFamilies`. */
  readonly families: readonly string[];
  /** Of lines, and of services. */
  readonly series: readonly string[];
  readonly sans: string;
  readonly mono: string;
}

export function readPalette(element: Element): CanvasPalette {
  const style = getComputedStyle(element);
  const read = (name: string): string => style.getPropertyValue(`--${name}`).trim();
  return {
    ground: read('ground'),
    surface: read('surface'),
    sunken: read('sunken'),
    line: read('line'),
    lineStrong: read('line-strong'),
    text: read('text'),
    soft: read('soft'),
    faint: read('faint'),
    accent: read('accent'),
    selected: read('selected'),
    hover: read('hover'),
    error: read('error'),
    warn: read('warn'),
    families: operationFamilies.map(read),
    series: Array.from({ length: seriesCount }, (_, index) => read(`series-${index + 1}`)),
    sans: read('sans'),
    mono: read('mono'),
  };
}
