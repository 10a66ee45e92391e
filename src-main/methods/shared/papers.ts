/** Papers that several methods come from; each adds its equations and deviations. */

export const MODEL_SOUPS = {
  title:
    'Model soups: averaging weights of multiple fine-tuned models improves accuracy without increasing inference time',
  authors: 'Wortsman, Ilharco, Gadre, Roelofs, Gontijo-Lopes, Morcos, Namkoong, Farhadi, Carmon, Kornblith, Schmidt',
  year: 2022,
  reference: 'arXiv:2203.05482',
} as const;

export const TABM = {
  title: 'TabM: Advancing Tabular Deep Learning with Parameter-Efficient Ensembling',
  authors: 'Gorishniy, Kotelnikov, Babenko',
  year: 2025,
  reference: 'arXiv:2410.24210',
} as const;

export const REHEARSAL_FREE_BATCHES = {
  title: 'Rehearsal-Free Continual Learning over Small Non-I.I.D. Batches',
  authors: 'Lomonaco, Maltoni, Pellegrini',
  year: 2020,
  reference: 'arXiv:1907.03799',
} as const;
