import { useEffect, useRef, useSyncExternalStore } from 'react';

/** One key of a page. `keys` is a `KeyboardEvent.key`, or two of them with a space: `g t`. */
export interface KeyBinding {
  readonly keys: string;
  readonly label: string;
  readonly run: () => void;
}

export interface KeyGroup {
  readonly title: string;
  readonly bindings: readonly KeyBinding[];
}

const sequenceMsMax = 1200;
const storageKey = 'sightline.singleKeys';

/**
 * All keys that work at this moment, the latest group first. Single characters can be switched off (WCAG 2.1.4), since
 * they collide with speech input; the palette (Ctrl/Cmd-K) works regardless.
 */
class Keyboard {
  #groups: readonly KeyGroup[] = [];
  #prefix = '';
  #prefixAt = 0;
  #enabled = readEnabled();
  readonly #listeners = new Set<() => void>();

  get groups(): readonly KeyGroup[] {
    return this.#groups;
  }

  get enabled(): boolean {
    return this.#enabled;
  }

  setEnabled(enabled: boolean): void {
    this.#enabled = enabled;
    localStorage.setItem(storageKey, enabled ? 'on' : 'off');
    this.#notify();
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  add(group: KeyGroup): () => void {
    this.#groups = [group, ...this.#groups];
    this.#notify();
    return () => {
      this.#groups = this.#groups.filter((candidate) => candidate !== group);
      this.#notify();
    };
  }

  handle(event: KeyboardEvent): void {
    if (!this.#enabled || event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    if (isTyping(event.target) || document.querySelector('[data-keyboard-layer]') !== null) return;
    const sequence =
      performance.now() - this.#prefixAt < sequenceMsMax ? `${this.#prefix} ${event.key}` : event.key;
    const binding = this.#find(sequence) ?? this.#find(event.key);
    this.#prefix = event.key;
    this.#prefixAt = performance.now();
    if (binding === undefined) return;
    event.preventDefault();
    this.#prefix = '';
    binding.run();
  }

  #find(keys: string): KeyBinding | undefined {
    for (const group of this.#groups) {
      const found = group.bindings.find((binding) => binding.keys === keys);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  #notify(): void {
    for (const listener of this.#listeners) listener();
  }
}

export const keyboard = new Keyboard();

/** Makes keys work while the calling component is mounted; `run` may change from render to render. */
export function useKeys(title: string, bindings: readonly KeyBinding[]): void {
  const latest = useRef(bindings);
  useEffect(() => {
    latest.current = bindings;
  });
  const signature = bindings.map((binding) => `${binding.keys}\t${binding.label}`).join('\n');
  useEffect(() => {
    const stable = signature.split('\n').map((line, index): KeyBinding => {
      const [keys = '', label = ''] = line.split('\t');
      return { keys, label, run: () => latest.current[index]?.run() };
    });
    return keyboard.add({ title, bindings: stable });
  }, [title, signature]);
}

export function useKeyGroups(): readonly KeyGroup[] {
  return useSyncExternalStore(keyboard.subscribe, () => keyboard.groups);
}

export function useSingleKeysEnabled(): boolean {
  return useSyncExternalStore(keyboard.subscribe, () => keyboard.enabled);
}

export function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target.isContentEditable || target.tagName === 'TEXTAREA' || target.tagName === 'SELECT') return true;
  return (
    target instanceof HTMLInputElement && !['checkbox', 'radio', 'button', 'range'].includes(target.type)
  );
}

function readEnabled(): boolean {
  try {
    return localStorage.getItem(storageKey) !== 'off';
  } catch {
    return true;
  }
}
