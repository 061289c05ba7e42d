/** What a statement that somebody typed may consist of. `at` is where a name stands in its text. */

export interface Name {
  readonly kind: 'name';
  readonly parts: readonly string[];
  readonly at: number;
}

export interface Call {
  readonly kind: 'call';
  readonly name: string;
  readonly at: number;
  /** Of `quantile(0.9)(x)`. */
  readonly params?: readonly Expression[];
  readonly distinct: boolean;
  readonly args: readonly Expression[];
  readonly nulls?: 'RESPECT NULLS' | 'IGNORE NULLS';
  readonly filter?: Expression;
  readonly over?: string | Window;
}

export interface Lambda {
  readonly kind: 'lambda';
  readonly params: readonly string[];
  readonly body: Expression;
  readonly at: number;
}

export interface Columns {
  readonly kind: 'columns';
  /** A star with the name of a table before it, or COLUMNS with a pattern or names. */
  readonly of:
    | { readonly table: Name | undefined }
    | { readonly pattern: string }
    | { readonly names: readonly Name[] };
  readonly transformers: readonly Transformer[];
}

export type Transformer =
  | { readonly kind: 'apply'; readonly lambda: Lambda }
  | {
      readonly kind: 'apply function';
      readonly name: string;
      readonly at: number;
      readonly params: readonly Expression[];
    }
  | { readonly kind: 'except'; readonly strict: boolean; readonly names: readonly string[] }
  | { readonly kind: 'except pattern'; readonly pattern: string }
  | {
      readonly kind: 'replace';
      readonly strict: boolean;
      readonly items: readonly { readonly of: Expression; readonly name: string }[];
    };

export type Expression =
  | Name
  | Call
  | Lambda
  | Columns
  | { readonly kind: 'number'; readonly text: string }
  /** `text` as it is printed between quotes. */
  | { readonly kind: 'string'; readonly text: string }
  | { readonly kind: 'constant'; readonly word: 'NULL' | 'TRUE' | 'FALSE' | 'inf' | 'nan' }
  | { readonly kind: 'prefix'; readonly sign: '-' | 'NOT'; readonly of: Expression }
  | { readonly kind: 'infix'; readonly sign: string; readonly left: Expression; readonly right: Expression }
  | { readonly kind: 'chain'; readonly sign: 'AND' | 'OR' | '||'; readonly items: readonly Expression[] }
  | {
      readonly kind: 'in';
      readonly sign: string;
      readonly left: Expression;
      readonly right: Expression;
      readonly at: number;
    }
  | { readonly kind: 'is'; readonly test: string; readonly of: Expression }
  | {
      readonly kind: 'between';
      readonly not: boolean;
      readonly of: Expression;
      readonly low: Expression;
      readonly high: Expression;
    }
  | {
      readonly kind: 'quantified';
      readonly sign: string;
      readonly left: Expression;
      readonly all: boolean;
      readonly query: Query;
    }
  | { readonly kind: 'ternary'; readonly test: Expression; readonly yes: Expression; readonly no: Expression }
  | {
      readonly kind: 'case';
      readonly of: Expression | undefined;
      readonly cases: readonly { readonly when: Expression; readonly result: Expression }[];
      readonly otherwise: Expression | undefined;
    }
  /** `x::T` reads a number as its text is written, CAST(x AS T) from what it was rounded to. */
  | { readonly kind: 'cast'; readonly colons: boolean; readonly of: Expression; readonly type: string }
  | { readonly kind: 'interval'; readonly of: Expression; readonly unit: string }
  | { readonly kind: 'tuple' | 'array'; readonly items: readonly Expression[] }
  | { readonly kind: 'index'; readonly of: Expression; readonly index: Expression }
  | { readonly kind: 'element'; readonly of: Expression; readonly element: string | number }
  | { readonly kind: 'query' | 'exists'; readonly query: Query }
  | { readonly kind: 'alias'; readonly of: Expression; readonly name: string };

export interface Window {
  readonly base: string | undefined;
  readonly partition: readonly Expression[];
  readonly order: readonly OrderItem[];
  readonly frame:
    | { readonly unit: string; readonly from: FrameEdge; readonly to: FrameEdge | undefined }
    | undefined;
}

export interface FrameEdge {
  /** Nothing for CURRENT ROW. */
  readonly side: 'PRECEDING' | 'FOLLOWING' | undefined;
  /** Nothing for UNBOUNDED. */
  readonly by: Expression | undefined;
}

export interface OrderItem {
  readonly of: Expression;
  readonly words: string;
  readonly collate: string | undefined;
  readonly fill:
    | readonly { readonly word: 'FROM' | 'TO' | 'STEP' | 'STALENESS'; readonly of: Expression }[]
    | undefined;
}

export interface TableItem {
  readonly of: Name | Call | { readonly kind: 'query'; readonly query: Query };
  readonly alias: string | undefined;
  /** Of `AS t(a, b)`. */
  readonly columns: readonly string[];
  readonly final: boolean;
  readonly sample: readonly Expression[];
}

export type Joined =
  | { readonly kind: 'array join'; readonly left: boolean; readonly items: readonly Expression[] }
  | {
      readonly kind: 'join';
      /** `,` or the words before the table. */
      readonly words: string;
      readonly table: TableItem;
      readonly on: Expression | undefined;
      readonly using: readonly Name[] | undefined;
    };

export type With =
  | { readonly kind: 'table'; readonly name: string; readonly query: Query }
  | { readonly kind: 'value'; readonly of: Expression };

export interface Grouping {
  readonly form: 'list' | 'ROLLUP' | 'CUBE' | 'GROUPING SETS' | 'ALL';
  readonly items: readonly Expression[];
  readonly words: readonly ('ROLLUP' | 'CUBE' | 'TOTALS')[];
}

export interface Limit {
  readonly count: Expression | undefined;
  readonly offset: Expression | undefined;
  readonly ties: boolean;
}

export interface Select {
  readonly kind: 'select';
  readonly recursive: boolean;
  readonly with: readonly With[];
  readonly distinct: boolean;
  readonly distinctOn: readonly Expression[];
  readonly items: readonly Expression[];
  readonly from: TableItem | undefined;
  readonly joins: readonly Joined[];
  readonly where: readonly Expression[];
  readonly group: Grouping | undefined;
  readonly having: Expression | undefined;
  readonly windows: readonly { readonly name: string; readonly window: Window }[];
  readonly qualify: Expression | undefined;
  readonly orderByAll: string | undefined;
  readonly order: readonly OrderItem[];
  readonly interpolate: readonly { readonly name: string; readonly of: Expression | undefined }[] | undefined;
  readonly limitBy: (Limit & { readonly by: readonly Expression[] }) | undefined;
  readonly limit: Limit | undefined;
}

export type Query =
  | Select
  | {
      readonly kind: 'set';
      readonly first: Query;
      readonly rest: readonly { readonly words: string; readonly query: Query }[];
    };

export interface Explain {
  /** `PLAN`, `PIPELINE` or `ESTIMATE`. */
  readonly what: string;
  readonly options: readonly string[];
}

export type Statement =
  | { readonly kind: 'show tables' }
  | { readonly kind: 'describe'; readonly table: Name }
  | { readonly kind: 'read'; readonly explain: Explain | undefined; readonly query: Query };
