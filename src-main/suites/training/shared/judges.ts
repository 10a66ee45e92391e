import type { Column, DatasetSplit } from '../../../datasets/types.ts';
import type { Stream } from '../../../engine/random/streams.ts';
import { classAnswers, numberAnswers } from '../../../methods/answers.ts';
import type { ClassAnswers, Predictor, Question } from '../../../methods/contract.ts';
import type { ResidentSplit } from '../../../methods/training/contract.ts';
import { softmaxRows } from '../../../methods/shared/softmax.ts';
import { numberStatisticsOf, rootMeanSquaredError } from '../../../metrics/number-statistics.ts';
import { accuracy, negativeLogLikelihood } from '../../../metrics/predictions.ts';
import type { Primitives, SampleNumbers, SampleProbabilities } from '../../../metrics/primitives.ts';
import type { Validation } from './iid-evaluator.ts';

/** A split that a predictor is asked about. */
export interface Asked {
  /** `test` or `validation`. */
  readonly name: string;
  readonly rows: DatasetSplit;
  /** Of a table. */
  readonly columns: readonly Column[] | null;
  /** Its inputs, resident. */
  inputs(): ResidentSplit;
}

export interface Answered extends Pick<Primitives, 'probabilities' | 'predictions'> {
  /** What the members of an ensemble said of the rows of each split, where it told. */
  readonly members?: Readonly<Record<string, readonly Float32Array[]>>;
}

/** How the answers of a suite's predictors are measured: as classes, or as numbers. */
export interface Judge {
  judge(predictor: Predictor, splits: readonly Asked[]): Promise<Answered>;
  validate(predictor: Predictor, split: Asked): Promise<Validation>;
}

function questionOf({ name, rows, columns, inputs }: Asked, stream: (name: string) => Stream): Question {
  const { table } = rows;
  return {
    inputs: inputs().x,
    rows: rows.rows,
    stream: (own) => stream(`answers/${name}/${own}`),
    ...(table === undefined || columns === null ? {} : { table: { columns, rows: table } }),
  };
}

export function classJudge(classNames: readonly string[], stream: (name: string) => Stream): Judge {
  const classes = classNames.length;
  const asked = async (predictor: Predictor, split: Asked): Promise<ClassAnswers> =>
    classAnswers(await predictor.answer(questionOf(split, stream)), split.rows.rows, classes);
  const sampled = ({ kind, values }: ClassAnswers, { rows: { y } }: Asked): SampleProbabilities =>
    kind === 'scores'
      ? { classes, values, scores: true, labels: y, classNames }
      : { classes, values: softmaxRows(values, classes), labels: y, classNames };
  return {
    async judge(predictor, splits) {
      const probabilities: Record<string, SampleProbabilities> = {};
      const members: Record<string, readonly Float32Array[]> = {};
      for (const split of splits) {
        const answers = await asked(predictor, split);
        probabilities[split.name] = sampled(answers, split);
        if (answers.members !== undefined) members[split.name] = answers.members;
      }
      return { probabilities, members };
    },
    async validate(predictor, split) {
      const samples = sampled(await asked(predictor, split), split);
      const right = { 'accuracy.validation': accuracy(samples) ?? 0 };
      return samples.scores === true ? right : { ...right, 'loss.validation': negativeLogLikelihood(samples) ?? 0 };
    },
  };
}

export function numberJudge(names: readonly string[], stream: (name: string) => Stream): Judge {
  const width = names.length;
  const ask = async (predictor: Predictor, split: Asked): Promise<SampleNumbers> => {
    const { rows, table } = split.rows;
    const { values, deviations } = numberAnswers(await predictor.answer(questionOf(split, stream)), rows, width);
    return {
      width,
      targets: Float32Array.from(table?.numbers ?? []),
      values,
      ...(deviations === undefined ? {} : { deviations }),
      names,
    };
  };
  return {
    async judge(predictor, splits) {
      const predictions: Record<string, SampleNumbers> = {};
      for (const split of splits) predictions[split.name] = await ask(predictor, split);
      return { probabilities: {}, predictions };
    },
    async validate(predictor, split) {
      return { 'rmse.validation': rootMeanSquaredError(numberStatisticsOf(await ask(predictor, split))) ?? 0 };
    },
  };
}
