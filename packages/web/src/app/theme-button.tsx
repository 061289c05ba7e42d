import type { ReactElement } from 'react';
import { IconButton } from '../widgets/button.tsx';
import { setThemeChoice, type ThemeChoice, useThemeChoice } from '../widgets/theme.ts';

const next: Readonly<Record<ThemeChoice, ThemeChoice>> = { system: 'light', light: 'dark', dark: 'system' };
const labels: Readonly<Record<ThemeChoice, string>> = {
  system: 'Theme: as the system',
  light: 'Theme: light',
  dark: 'Theme: dark',
};

export function ThemeButton(): ReactElement {
  const choice = useThemeChoice();
  const icon = choice === 'system' ? 'system' : choice === 'light' ? 'sun' : 'moon';
  return <IconButton icon={icon} label={labels[choice]} onClick={() => setThemeChoice(next[choice])} />;
}
