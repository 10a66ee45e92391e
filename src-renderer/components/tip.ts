import { shallowReactive } from 'vue';
import type { Directive } from 'vue';

/** The one tooltip on screen; drawn by TooltipLayer.vue. */
export const tipState = shallowReactive<{ text: string; anchor: HTMLElement | null }>({ text: '', anchor: null });
export const TIP_ID = 'touchstone-tip';

const texts = new WeakMap<HTMLElement, string>();
let timer: ReturnType<typeof setTimeout> | undefined;

function show(element: HTMLElement, delay: number): void {
  clearTimeout(timer);
  timer = setTimeout(() => {
    const text = texts.get(element);
    if (text === undefined || !element.isConnected) return;
    tipState.text = text;
    tipState.anchor = element;
    // A control that is named by this very text, or described by its own error, needs no second reading.
    if (element.getAttribute('aria-label') !== text && !element.hasAttribute('aria-describedby'))
      element.setAttribute('aria-describedby', TIP_ID);
  }, delay);
}

/** Hides the tooltip now, or in a moment so that the pointer may move onto it. */
export function hideTip(delay = 0): void {
  clearTimeout(timer);
  const hide = (): void => {
    if (tipState.anchor?.getAttribute('aria-describedby') === TIP_ID)
      tipState.anchor.removeAttribute('aria-describedby');
    tipState.anchor = null;
    tipState.text = '';
  };
  if (delay === 0) hide();
  else timer = setTimeout(hide, delay);
}
export const keepTip = (): void => clearTimeout(timer);

const enter = (event: Event): void => {
  if (event.currentTarget instanceof HTMLElement) show(event.currentTarget, tipState.anchor === null ? 350 : 60);
};
const focus = (event: Event): void => {
  if (event.currentTarget instanceof HTMLElement && event.currentTarget.matches(':focus-visible'))
    show(event.currentTarget, 150);
};
const isTouch = (event: Event): boolean => event instanceof PointerEvent && event.pointerType === 'touch';
/** A finger leaves as soon as it is lifted: what it opened stays until the next touch elsewhere. */
const leave = (event: Event): void => {
  if (!isTouch(event)) hideTip(120);
};
/** Fingers cannot hover: they read by touching. */
const press = (event: Event): void => {
  if (isTouch(event) && event.currentTarget instanceof HTMLElement) show(event.currentTarget, 0);
  else leave(event);
};

/**
 * `v-tip="text"`: shown on hover, on keyboard focus and on touch, kept while the pointer is on it, closed by Esc. Null
 * or empty shows nothing.
 */
export const vTip: Directive<HTMLElement, string | null | undefined> = {
  mounted(element, { value }) {
    if (value) texts.set(element, value);
    element.addEventListener('pointerenter', enter);
    element.addEventListener('pointerleave', leave);
    element.addEventListener('focus', focus);
    element.addEventListener('blur', leave);
    element.addEventListener('pointerdown', press);
    // Who types has read it, and the error below the field must stay visible.
    element.addEventListener('input', leave);
  },
  updated(element, { value }) {
    if (value) texts.set(element, value);
    else texts.delete(element);
    if (tipState.anchor === element) {
      if (value) tipState.text = value;
      else hideTip();
    }
  },
  unmounted(element) {
    if (tipState.anchor === element) hideTip();
  },
};
