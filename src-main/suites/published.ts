import { canonicalJson, sha256 } from '../base/canonical.ts';
import type { OptimiserSpec } from '../engine/types.ts';
import type { NetworkSpec } from '../engine/networks/specification.ts';
import type { JsonValue } from '../methods/contract.ts';
import type { SuiteDescription, TrainingBudget } from './contract.ts';

/**
 * A protocol in the terms in which it is published, field by field. The hash is over these terms, never over our types:
 * who changes a type of networks, optimisers or suites keeps here what the terms were, so that stored results stay
 * comparable. A test holds the hash of every suite that ships; where one has to change, raise that suite's version.
 */

export const networkTerms = ({ architecture }: NetworkSpec): JsonValue => plain(architecture);

export function optimiserTerms(optimiser: OptimiserSpec): JsonValue {
  switch (optimiser.kind) {
    case 'sgd': {
      const { kind, lr, momentum, nesterov, weightDecay } = optimiser;
      return plain({ kind, lr, momentum, nesterov, weightDecay });
    }
    case 'adam':
    case 'adamw': {
      const { kind, lr, beta1, beta2, epsilon, weightDecay } = optimiser;
      return plain({ kind, lr, beta1, beta2, epsilon, weightDecay });
    }
    case 'adagrad': {
      const { kind, lr, epsilon, weightDecay, start } = optimiser;
      return plain({ kind, lr, epsilon, weightDecay, start });
    }
    case 'rmsprop': {
      const { kind, lr, alpha, epsilon, weightDecay } = optimiser;
      return plain({ kind, lr, alpha, epsilon, weightDecay });
    }
    case 'chain': {
      const { kind, lr, rules, then } = optimiser;
      return { kind, lr, rules: plain(rules), then: optimiserTerms(then) };
    }
    case 'by-label': {
      const { kind, lr, groups } = optimiser;
      return {
        kind,
        lr,
        groups: groups.map(({ label, parameters, rate, by }) => ({
          label,
          parameters,
          rate,
          by: by && optimiserTerms(by),
        })),
      };
    }
  }
}

function budgetTerms({ epochs, steps, batchSize, optimiser }: TrainingBudget): JsonValue {
  return { epochs, ...(steps === undefined ? {} : { steps }), batchSize, optimiser: optimiserTerms(optimiser) };
}

/** What of a suite its protocol hash covers. */
export type ProtocolFacts = Pick<
  SuiteDescription,
  'id' | 'version' | 'facts' | 'datasets' | 'network' | 'budget' | 'protocol' | 'source'
>;

/**
 * SHA-256 over everything that defines a suite's protocol (not its title, summary or metrics), of an own suite also its
 * file.
 */
export function protocolHash({ facts, ...suite }: ProtocolFacts): string {
  const { id, version, datasets, network, budget, protocol, source } = suite;
  const { family, scenario, tasks, target, classes, online, folds } = facts;
  // Every suite of before had classes as its target and no folds: they need not say so.
  const other = { ...(target === 'classes' ? {} : { target }), ...(folds === 1 ? {} : { folds }) };
  return sha256(
    canonicalJson({
      id,
      version,
      facts: { id: facts.id, family, scenario, network: networkTerms(facts.network), tasks, ...other, classes, online },
      datasets,
      network: networkTerms(network),
      budget: budgetTerms(budget),
      protocol,
      source,
    }),
  );
}

/** The object as JSON has it: without fields that are not given. */
function plain(value: object): JsonValue {
  const parsed: JsonValue = JSON.parse(JSON.stringify(value));
  return parsed;
}
