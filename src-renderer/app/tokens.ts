import { useSettings } from '../stores/settings.ts';

/** The value of a design token in the theme on screen. Reactive: call it inside a computed to follow theme changes. */
export function token(name: `--${string}`): string {
  void useSettings().resolvedTheme;
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}
