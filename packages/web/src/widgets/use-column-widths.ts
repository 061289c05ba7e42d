import { useState, type PointerEvent } from 'react';

const widthMin = 48;
const widthMax = 900;

/** Widths a person dragged, remembered by table in this browser. */
export function useColumnWidths(
  tableId: string,
  columns: readonly { readonly id: string; readonly width?: number }[],
): {
  widths: Readonly<Record<string, number>>;
  startResize: (event: PointerEvent<HTMLElement>, columnId: string) => void;
} {
  const storageKey = `sightline.columns.${tableId}`;
  const [widths, setWidths] = useState<Readonly<Record<string, number>>>(() => readWidths(storageKey));
  const startResize = (event: PointerEvent<HTMLElement>, columnId: string): void => {
    event.preventDefault();
    event.stopPropagation();
    const handle = event.currentTarget;
    const startX = event.clientX;
    const startWidth = widths[columnId] ?? columns.find((column) => column.id === columnId)?.width ?? 120;
    handle.setPointerCapture(event.pointerId);
    let latest = widths;
    const onMove = (move: globalThis.PointerEvent): void => {
      const width = Math.min(widthMax, Math.max(widthMin, startWidth + move.clientX - startX));
      latest = { ...latest, [columnId]: width };
      setWidths(latest);
    };
    const onUp = (): void => {
      handle.removeEventListener('pointermove', onMove);
      handle.removeEventListener('pointerup', onUp);
      localStorage.setItem(storageKey, JSON.stringify(latest));
    };
    handle.addEventListener('pointermove', onMove);
    handle.addEventListener('pointerup', onUp);
  };
  return { widths, startResize };
}

function readWidths(storageKey: string): Readonly<Record<string, number>> {
  try {
    return JSON.parse(localStorage.getItem(storageKey) ?? '{}') as Record<string, number>;
  } catch {
    return {};
  }
}
