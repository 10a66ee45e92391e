/** Line icons on a 16-pixel grid, stroke 1.5, as path data. */
export const ICONS = {
  retry: 'M13 8a5 5 0 1 1-1.6-3.7M13 2.5v2.6h-2.6',
  copy: 'M5.5 5.5h8v8h-8zM10.5 5.5v-3h-8v8h3',
  check: 'M3 8.5 6.5 12 13 4.5',
  close: 'M4 4l8 8M12 4l-8 8',
  warning: 'M8 2.5 14.2 13H1.8zM8 6.5v3M8 11.3v.01',
  pencil: 'M3 13l.6-2.8L10.5 3.300l2.200 2.200L5.800 12.400z',
  pin: 'M6 2.500h4l-.5 4 2.500 2.500H4l2.500-2.500zM8 9v4.500',
  hide: 'M1.5 8S4 3.5 8 3.5 14.500 8 14.500 8 12 12.500 8 12.500 1.500 8 1.500 8ZM3 13 13 3',
} as const;
export type IconName = keyof typeof ICONS;
