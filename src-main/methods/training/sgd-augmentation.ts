import { defineTrainingMethod } from './shared/driver.ts';
import { sgdFields, sgdHooks } from './sgd.ts';

/** SGD on random crops and mirror images (He et al. 2016, section 4.2), drawn inside the step. */
export default defineTrainingMethod({
  id: 'sgd-augmentation',
  version: 2,
  title: 'SGD with augmentation',
  summary: 'SGD on random crops and mirror images, drawn anew every epoch.',
  reference: 'upper',
  paper: {
    title: 'Deep Residual Learning for Image Recognition',
    authors: 'He, Zhang, Ren, Sun',
    year: 2016,
    reference: 'arXiv:1512.03385',
    equations: 'Section 4.2: pad, crop, flip',
    deviations: "What keeps a label is the suite's word: how far crops move and whether mirror images are allowed.",
  },
  fields: sgdFields,
  fits: (suite) =>
    suite.network.input.length === 3
      ? true
      : `${suite.id} has no colour images whose crops and mirror images keep their label.`,
  hooks: (values) => ({ ...sgdHooks(values), augment: true }),
});
