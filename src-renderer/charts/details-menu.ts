import type { Ref } from 'vue';

/** What a menu made of `details` does beside opening: Esc closes it and gives the focus back, leaving it closes it. */
export interface DetailsMenu {
  close(event: KeyboardEvent): void;
  leave(event: FocusEvent): void;
}

/** `onNothing`: a press on ground that takes no focus, such as the menu's own, closes it too. */
export function detailsMenu(menu: Ref<HTMLDetailsElement | null>, closes: { onNothing: boolean }): DetailsMenu {
  return {
    close(event) {
      if (menu.value?.open !== true) return;
      event.stopPropagation();
      menu.value.open = false;
      menu.value.querySelector('summary')?.focus();
    },
    leave({ relatedTarget: to }) {
      if (menu.value === null || (to === null && !closes.onNothing)) return;
      if (!(to instanceof Node && menu.value.contains(to))) menu.value.open = false;
    },
  };
}
