import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CURVE_X, PLAIN_VIEW } from '../../../src-main/metrics/pictures/curves.ts';
import { readCurveView, writeCurveView } from '../../../src-renderer/charts/curve-view.ts';

const views = fc.record({ x: fc.constantFrom(...CURVE_X), logX: fc.boolean(), logY: fc.boolean() });

describe('the choice of axes in a link', () => {
  it('comes back as it was, whatever somebody remembers', () =>
    fc.assert(
      fc.property(views, views, (view, remembered) => {
        expect(readCurveView(writeCurveView(view), remembered)).toEqual(view);
      }),
    ));
  it('is what was remembered where the link says nothing, or nonsense', () => {
    const remembered = { x: 'epoch', logX: false, logY: true } as const;
    expect(readCurveView({}, remembered)).toEqual(remembered);
    expect(readCurveView({ x: 'toString', log: ['x'] }, remembered)).toEqual(remembered);
    expect(readCurveView({ log: 'none' }, remembered)).toEqual({ ...remembered, logY: false });
    expect(readCurveView({}, PLAIN_VIEW)).toEqual(PLAIN_VIEW);
  });
});
