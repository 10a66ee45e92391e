/** Resolves once the next frame has been painted: for work that must not keep a view from appearing. */
export function afterPaint(): Promise<void> {
  return new Promise((resolve) => { requestAnimationFrame(() => { setTimeout(resolve); }); });
}
