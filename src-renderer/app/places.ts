/** The places of the navigation, with their pictures in a box of 24 × 24. */
export const PLACES = [
  { to: '/', name: 'Home', icon: 'M3 11 12 4l9 7v9h-6v-6H9v6H3z' },
  { to: '/new', name: 'New study', icon: 'M12 5v14M5 12h14' },
  { to: '/leaderboard', name: 'Leaderboard', icon: 'M5 20v-8M12 20V5M19 20v-5' },
  {
    to: '/data',
    name: 'Data',
    icon:
      'M4 6c0-1.7 3.6-3 8-3s8 1.3 8 3v12c0 1.7-3.6 3-8 3s-8-1.3-8-3zM4 6c0 1.7 3.6 3 8 3s8-1.3 8-3M4 ' +
      '12c0 1.7 3.6 3 8 3s8-1.3 8-3',
  },
  {
    to: '/methods',
    name: 'Methods',
    icon: 'M9 3h6M10 3v6L4.5 18.500A1.700 1.700 0 0 0 6 21h12a1.700 1.700 0 0 0 1.500-2.500L14 9V3M7.500 15h9',
  },
  { to: '/merge', name: 'Merge', icon: 'M6 3v4c0 4 6 5 6 9v5M18 3v4c0 4-6 5-6 9' },
  { to: '/ensemble', name: 'Ensemble', icon: 'M4 5h6v6H4zM14 5h6v6h-6zM9 15h6v6H9zM7 11v2l5 2M17 11v2l-5 2' },
  { to: '/doctor', name: 'Doctor', icon: 'M3 12h4l3-8 4 16 3-8h4' },
] as const;
