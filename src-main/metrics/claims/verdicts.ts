/** What a claim is, beside what was measured for it. */
export const VERDICTS = [
  'reproduced',
  'off',
  'holds here',
  'does not hold here',
  'not comparable',
  'not run',
  'outdated',
] as const;
export type Verdict = (typeof VERDICTS)[number];

interface VerdictFacts {
  /** For places too small for the word. */
  readonly sign: string;
  readonly tone: 'ok' | 'bad' | 'warn' | '';
  /** In a sentence. */
  readonly means: string;
}

export const VERDICT_FACTS: Readonly<Record<Verdict, VerdictFacts>> = {
  reproduced: { sign: '✓', tone: 'ok', means: 'The published protocol was run, and it gave what was published.' },
  off: { sign: '≠', tone: 'bad', means: 'The published protocol was run, and it did not give what was published.' },
  'holds here': {
    sign: '✓',
    tone: 'ok',
    means: 'The source states it on another protocol; tried on ours, it holds.',
  },
  'does not hold here': {
    sign: '≠',
    tone: 'bad',
    means: 'The source states it on another protocol; tried on ours, it does not hold.',
  },
  'not comparable': {
    sign: '⊘',
    tone: '',
    means: 'The protocols differ too much to judge; the fields are named.',
  },
  'not run': { sign: '·', tone: '', means: 'Too little was measured to say.' },
  outdated: { sign: '↻', tone: 'warn', means: 'Measured by older code; run it anew to judge it.' },
};

/** Whether the verdict says that the claim was tried and missed. */
export function isMissed(verdict: Verdict): boolean {
  return verdict === 'off' || verdict === 'does not hold here';
}

/** Whether the verdict says yes or no. */
export function isJudged(verdict: Verdict): boolean {
  return verdict === 'reproduced' || verdict === 'holds here' || isMissed(verdict);
}

/** A number, that one method comes before another, that two give the same, or a bound that most seeds reach. */
export const CLAIM_KINDS = ['value', 'ordering', 'identity', 'bound'] as const;
export type ClaimKind = (typeof CLAIM_KINDS)[number];

/** What stands before a claim's number: a bound reads `at least 5`. */
export const beforeNumber = ({ kind }: { readonly kind: ClaimKind }): string => (kind === 'bound' ? 'at least ' : '');

/** What was published where it is no number; null where it is one. */
export function publishedWords(claim: {
  readonly kind: ClaimKind;
  readonly published: { readonly value: number };
}): string | null {
  if (claim.kind === 'identity') return 'the same';
  return claim.kind === 'ordering' && claim.published.value === 0 ? 'the order only' : null;
}
