import { describe, expect, it } from 'vitest';
import { protocolHash } from '../../../src-main/suites/published.ts';
import { loadSuites } from '../../../src-main/suites/registry.ts';
import { idOfVariant, publishedFirst, publishedId, variantOf } from '../../../src-main/suites/variant-ids.ts';
import { developmentSuite } from '../../../src-main/suites/variants.ts';

describe('the development variant', () => {
  it('of every suite but probes is there without being written or listed, under its own id and hash', async () => {
    const registry = await loadSuites();
    for (const [id, suite] of registry.suites) {
      const variant = registry.find(`${id}#dev`);
      if (suite.facts.kind === 'probe') {
        expect(variant).toBeUndefined();
        expect(() => registry.get(`${id}#dev`)).toThrow(`${id} has no development variant: a probe`);
        continue;
      }
      if (suite.facts.kind === 'experts' && !suite.facts.grants.includes('validation')) {
        expect(() => registry.get(`${id}#dev`)).toThrow(`${id} has no development variant: its networks are trained`);
        continue;
      }
      expect(variant?.id).toBe(`${id}#dev`);
      expect(variant?.facts.id).toBe(`${id}#dev`);
      expect(variant === undefined ? '' : protocolHash(variant)).not.toBe(protocolHash(suite));
    }
    expect([...registry.suites.keys()].filter((id) => variantOf(id) === 'dev')).toEqual([]);
    expect(() => registry.get('iid-mlp/mnsit#dev')).toThrow(/iid-mlp\/mnist/);
  });

  it('measures nothing that only test rows show', async () => {
    const suites = await loadSuites();
    const variant = suites.get('leave-one-domain-out/rotated-mnist#dev');
    expect(variant.metrics).toEqual(['acc.test', 'nll.test', 'acc.validation']);
    expect(variant.summary).toContain('judged on their validation rows, without acc.left-out.');
    expect(suites.find('repair-mlp/depth-3#dev')).toBeUndefined();
    expect(suites.find('repair-mlp-quick/optdigits#dev')).toBeDefined();
  });

  it('comes after the published suites', () => {
    expect(publishedFirst(['b#dev', 'b', 'a#dev', 'a'])).toEqual(['b', 'a', 'b#dev', 'a#dev']);
  });

  it('has no variant in turn', async () => {
    const suite = (await loadSuites()).get('iid-mlp/mnist#dev');
    expect(developmentSuite(suite)).toBeNull();
    expect(idOfVariant(suite.id, 'dev')).toBe(suite.id);
    expect(publishedId(suite.id)).toBe('iid-mlp/mnist');
  });
});
