import type { CurveAxes } from '../primitives.ts';
import { rangeOf, ticks, type AxisRange, type AxisUnit, type Ticks } from './ticks.ts';

/** How curves are laid out, whoever draws them: over what, over which range, with which marks. Runs in a browser. */

/** What a person may choose curves to be drawn over, in the order of the choice. */
export const CURVE_X = ['step', 'epoch', 'examples', 'seconds'] as const;
export type CurveX = (typeof CURVE_X)[number];

/** How a person wants to see curves: over what, and which axes are logarithmic. */
export interface CurveView {
  readonly x: CurveX;
  readonly logX: boolean;
  readonly logY: boolean;
}

export const PLAIN_VIEW: CurveView = { x: 'step', logX: false, logY: false };

const X_TITLES: Readonly<Record<string, string>> = {
  step: 'step',
  epoch: 'epoch',
  examples: 'examples seen',
  seconds: 'training time',
  task: 'after task',
  lambda: 'λ',
  members: 'members',
  strength: 'strength of the corruption',
  coverage: 'coverage',
};
export const xTitle = (x: string): string => X_TITLES[x] ?? x;
export const xUnit = (x: string): AxisUnit => (x === 'seconds' ? 'seconds' : 'number');

/** Accuracies are stored as shares and shown as per cent. */
export const isShareCurve = (name: string): boolean => name.split('.').some((part) => part.startsWith('acc'));

/** A curve with what else its points were measured at. */
export interface AxedCurve<P extends { readonly x: number }> {
  /** What the x of its points counts. */
  readonly x: string;
  readonly points: readonly P[];
  readonly axes?: CurveAxes;
}

/** Over what all of these curves can be drawn; empty where they have their own x only (tasks, λ, members). */
export function offeredX<P extends { readonly x: number }>(curves: readonly AxedCurve<P>[]): readonly CurveX[] {
  if (curves.length === 0 || curves.some(({ x }) => x !== 'step')) return [];
  const offered = CURVE_X.filter(
    (choice) =>
      choice === 'step' ||
      curves.every(({ axes, points }) => points.length === 0 || axes?.[choice]?.length === points.length),
  );
  return offered.length > 1 ? offered : [];
}

/** The points of a curve over what was chosen; over its own x where it does not know that. */
export function placedOver<P extends { readonly x: number }>(curve: AxedCurve<P>, choice: CurveX): readonly P[] {
  const places = choice === 'step' || curve.x !== 'step' ? undefined : curve.axes?.[choice];
  if (places === undefined || places.length !== curve.points.length) return curve.points;
  return curve.points.map((point, i) => ({ ...point, x: places[i] ?? point.x }));
}

export interface DrawnPoint {
  readonly x: number;
  readonly y: number;
  readonly low?: number;
  readonly high?: number;
}

export interface FrameWish {
  readonly logX?: boolean;
  readonly logY?: boolean;
  /** 100 for shares shown as per cent; then the range ends at 0 and 1. */
  readonly scale?: number;
  readonly integerX?: boolean;
  readonly xUnit?: AxisUnit;
  /** Intervals are what the picture is about: y reaches as far as they do, within reason. */
  readonly holdsBands?: boolean;
  /** Ends of y that are fixed. */
  readonly y?: AxisRange;
}

export interface FrameAxis extends AxisRange {
  readonly log: boolean;
  readonly ticks: Ticks;
}

export interface CurveFrame {
  readonly x: FrameAxis;
  readonly y: FrameAxis;
}

/** Whether a logarithmic axis can show all of them: all above 0, and not all the same. */
export function canBeLog(values: readonly number[]): boolean {
  const finite = values.filter((value) => Number.isFinite(value));
  return finite.every((value) => value > 0) && finite.some((value) => value !== finite[0]);
}

/** Which axes of these lines can be logarithmic. */
export function logChoices(lines: readonly (readonly DrawnPoint[])[]): { readonly x: boolean; readonly y: boolean } {
  const points = lines.flat();
  return { x: canBeLog(points.map(({ x }) => x)), y: canBeLog(points.map(({ y }) => y)) };
}

/** Where a number stands on an axis that reaches from `from` to `to`; what is beyond its ends stands at them. */
export function placeOn({ low, high, log }: FrameAxis, from: number, to: number): (value: number) => number {
  const [start, end] = log ? [Math.log(low), Math.log(high)] : [low, high];
  return (value) => {
    const at = log ? Math.log(Math.max(value, low)) : value;
    const share = end > start ? (at - start) / (end - start) : 0.5;
    return from + Math.min(1, Math.max(0, share)) * (to - from);
  };
}

/** Marks and ranges of both axes. Where a logarithmic axis is wished for and cannot be, it is linear. */
export function curveFrame(lines: readonly (readonly DrawnPoint[])[], wish: FrameWish = {}): CurveFrame {
  const points = lines.flat();
  const can = logChoices(lines);
  const [logX, logY] = [wish.logX === true && can.x, wish.logY === true && can.y];
  const xs = rangeOf(
    points.map(({ x }) => x),
    logX,
    0,
  );
  const ys = wish.y ?? rangeOfEstimates(points, logY, wish.scale === 100, wish.holdsBands === true ? FAR : NEAR);
  return {
    x: axisOf(xs, { log: logX, integer: wish.integerX === true, unit: wish.xUnit ?? 'number', wanted: 6 }),
    y: axisOf(ys, { log: logY, scale: wish.scale ?? 1 }),
  };
}

export function axisOf(range: AxisRange, wish: Parameters<typeof ticks>[1] = {}): FrameAxis {
  return { ...range, log: wish.log === true, ticks: ticks(range, wish) };
}

/** How far intervals may reach beyond the means, as multiples of the range of these. */
const NEAR = 0.5;
/** Two seeds have intervals of some eight times what chance alone puts between a few means. */
const FAR = 8;

/** Does an interval reach beyond the ends of y? Beyond 0 and 1 there are no shares. */
export function isBandCut(
  points: readonly Pick<DrawnPoint, 'low' | 'high'>[],
  { low, high }: AxisRange,
  share: boolean,
): boolean {
  const [least, most] = share ? [0, 1] : [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
  return points.some((point) => Math.max(least, point.low ?? low) < low || Math.min(most, point.high ?? high) > high);
}

/**
 * The range of means with their intervals. Intervals of two or three seeds would flatten the means to nothing: these
 * decide the range, and intervals may reach a multiple of it beyond, half unless told. Shares end at 0 and 1.
 */
export function rangeOfEstimates(
  points: readonly Pick<DrawnPoint, 'y' | 'low' | 'high'>[],
  log: boolean,
  share: boolean,
  reach = NEAR,
): AxisRange {
  const means = points.map(({ y }) => y);
  const core = rangeOf(means, log, 0);
  const room = (core.high - core.low) * reach;
  const ends = points.flatMap(({ low, high }) => [low, high].flatMap((end) => end ?? []));
  const { low, high } = rangeOf(
    [...means, ...ends.map((end) => Math.min(core.high + room, Math.max(log ? core.low / 2 : core.low - room, end)))],
    log,
  );
  return share
    ? { low: log ? low : Math.max(Math.min(0, core.low), low), high: Math.min(Math.max(1, core.high), high) }
    : { low, high };
}
