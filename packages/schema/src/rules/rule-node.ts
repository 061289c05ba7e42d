/** What a rule in our own words says, as it was read. Durations are seconds, shares are 0 to 1. */

import type { Sensitivity } from '../series/index.ts';

/** What is looked at. `calls` are calls of models, each once; `runs` are whole runs of agents and workflows. */
export type RuleSource = 'spans' | 'calls' | 'runs' | 'logs' | 'scores';

export type ValueUnit = 'none' | 'seconds' | 'milliseconds' | 'dollars' | 'ratio' | 'tokens' | 'per_second';

/** A number that an item has. `score` is the value of scores of this name; `attribute` is one that holds numbers. */
export type Measure =
  | { readonly type: 'builtin'; readonly name: string }
  | { readonly type: 'attribute'; readonly source: 'attr' | 'resource'; readonly name: string }
  | { readonly type: 'score'; readonly name: string };

/** What tells items apart. */
export type Dimension =
  | { readonly type: 'builtin'; readonly name: string }
  | { readonly type: 'attribute'; readonly source: 'attr' | 'resource'; readonly name: string };

export type Term =
  /** A number of items, or of those that meet the filter. */
  | { readonly type: 'count'; readonly filter: string }
  | { readonly type: 'per_second' }
  /** The share of items that meet the filter. */
  | { readonly type: 'share'; readonly filter: string }
  /** The share of failed ones. */
  | { readonly type: 'failed' }
  /** The share of runs that were judged and made something up. */
  | { readonly type: 'hallucinated' }
  | {
      readonly type: 'quantile';
      readonly quantile: number;
      readonly measure: Measure;
      readonly inMs: boolean;
    }
  | { readonly type: 'avg' | 'max' | 'min' | 'sum'; readonly measure: Measure }
  | { readonly type: 'uniq'; readonly dimension: Dimension }
  | { readonly type: 'number'; readonly value: number };

export interface ValueQuery {
  readonly left: Term;
  readonly operator: '+' | '-' | '*' | '/' | undefined;
  readonly right: Term | undefined;
  readonly source: RuleSource;
  /** In the filter language: on traces for runs and scores, on spans for calls. '' for everything. */
  readonly filter: string;
  readonly by: readonly Dimension[];
  readonly windowS: number;
  readonly unit: ValueUnit;
}

export type RuleComparison = '>' | '>=' | '<' | '<=' | '==' | '!=';

export type RuleCondition =
  | {
      readonly type: 'threshold';
      readonly comparison: RuleComparison;
      readonly threshold: number;
      /** Once met, it stays met until the value is back beyond this. */
      readonly recovery: number | undefined;
    }
  /** The value differs by more than this share from what it was so long before. */
  | {
      readonly type: 'change';
      readonly direction: 'changed' | 'rose' | 'fell';
      readonly share: number;
      readonly againstS: number;
    }
  /** The value is outside of what is expected of it at this time. */
  | {
      readonly type: 'anomalous';
      readonly side: 'either' | 'above' | 'below';
      readonly sensitivity: Sensitivity;
    }
  /** By its own past the value gets there within this time, or is there. */
  | {
      readonly type: 'forecast';
      readonly direction: 'rises' | 'falls';
      readonly target: number;
      readonly withinS: number;
    }
  /** Nothing was there to look at. */
  | { readonly type: 'absent' }
  /** Whatever is answered. */
  | { readonly type: 'any' };

export type RuleNode =
  | { readonly type: 'value'; readonly query: ValueQuery; readonly condition: RuleCondition }
  /** Label sets for which the first rule fires and the second fires too, or does not. */
  | {
      readonly type: 'compound';
      readonly operator: 'and' | 'or' | 'unless';
      readonly rules: readonly [string, string];
    }
  /** The error budget of an SLO is spent faster than `factor`, in a long window and in a short one, which is calm again soon after the cause is gone. */
  | {
      readonly type: 'burn';
      readonly slo: string;
      readonly factor: number;
      readonly longS: number;
      readonly shortS: number;
    };
