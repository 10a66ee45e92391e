import { ofSeen, storedMeans, streamInto } from './shared/class-means.ts';
import { defineContinualMethod } from './shared/driver.ts';
import { featureFields, frozenFeatures } from './shared/frozen-features.ts';
import { nearness } from './shared/squared-distances.ts';

/**
 * Nearest class mean (Mensink et al. 2013) over frozen features: the class whose mean is nearest. A mean
 * is the same in whatever order its examples and the tasks come, so nothing is forgotten.
 */
export default defineContinualMethod({
  id: 'nearest-class-mean',
  version: 1,
  title: 'Nearest class mean (NCM)',
  summary: 'Keeps the mean of each class in a space of frozen features, and answers with the nearest.',
  paper: {
    title: 'Distance-Based Image Classification: Generalizing to New Classes at Near-Zero Cost',
    authors: 'Mensink, Verbeek, Perronnin, Csurka',
    year: 2013,
    reference: '10.1109/TPAMI.2013.83',
    equations: 'the nearest class mean classifier: arg min d(x, μ_c)',
    deviations: 'The metric is Euclidean and not learned.',
  },
  fields: { ...featureFields },
  asks: ['boundaries'],
  create: (run, { features: kind }) => {
    const features = frozenFeatures(run, kind);
    const stored = storedMeans(run, features.width);
    const predictor = features.predictor('scores', (scope, rows) =>
      ofSeen(scope, stored.counts, nearness(rows, scope.read(stored.means))),
    );
    return {
      predictor: () => predictor,
      phases: features.phases,
      endTask: async (task) => {
        const means = await stored.read();
        for await (const rows of features.parts(run.protocol.tasks[task].ids)) streamInto(means, rows);
        stored.write(means);
      },
    };
  },
});
