/** Writes the durations of a query as numbers, once its steps and its range are known. */
import { type Duration, type Expression, PromqlSyntaxError } from './ast.ts';
import { floatOperation } from './binary.ts';

export interface QueryTimes {
  readonly startMs: number;
  readonly endMs: number;
  readonly stepMs: number;
}

/** Throws PromqlSyntaxError where a range would be empty. */
export function resolveDurations(expression: Expression, times: QueryTimes, text: string): Expression {
  const seconds = (duration: Duration): number => {
    switch (duration.kind) {
      case 'seconds':
        return duration.seconds;
      case 'step':
        return times.stepMs / 1000;
      case 'range':
        return (times.endMs - times.startMs) / 1000;
      case 'negative':
        return -seconds(duration.of);
      case 'paren':
        return seconds(duration.of);
      case 'arithmetic': {
        const [left, right] = [seconds(duration.left), seconds(duration.right)];
        if (duration.operator === 'min_of') return Math.min(left, right);
        if (duration.operator === 'max_of') return Math.max(left, right);
        if (right === 0 && (duration.operator === '/' || duration.operator === '%'))
          throw new PromqlSyntaxError(
            duration.operator === '/' ? 'division by zero' : 'modulo by zero',
            duration,
            text,
          );
        return floatOperation(duration.operator, left, right);
      }
    }
  };
  const fixed = (duration: Duration, isRange: boolean): Duration => {
    const value = seconds(duration);
    const { from, to } = duration;
    if (Number.isNaN(value) || Math.abs(value) > 9_223_372_036)
      throw new PromqlSyntaxError('duration out of range', duration, text);
    if (isRange && value <= 0) throw new PromqlSyntaxError('duration must be greater than 0', duration, text);
    return { kind: 'seconds', seconds: value, from, to };
  };
  const shifted = <T extends { readonly offset: Duration | undefined }>(of: T): T =>
    of.offset === undefined ? of : { ...of, offset: fixed(of.offset, false) };
  const visit = (of: Expression): Expression => {
    switch (of.kind) {
      case 'number':
      case 'string':
        return of;
      case 'selector':
        return shifted(of);
      case 'matrix':
        return { ...of, selector: shifted(of.selector), range: fixed(of.range, true) };
      case 'subquery':
        return {
          ...shifted(of),
          of: visit(of.of),
          range: fixed(of.range, true),
          step: of.step === undefined ? undefined : fixed(of.step, true),
        };
      case 'paren':
      case 'unary':
        return { ...of, of: visit(of.of) };
      case 'call':
        return { ...of, args: of.args.map(visit) };
      case 'aggregation':
        return {
          ...of,
          of: visit(of.of),
          parameter: of.parameter === undefined ? undefined : visit(of.parameter),
        };
      case 'binary':
        return { ...of, left: visit(of.left), right: visit(of.right) };
    }
  };
  return visit(expression);
}

/** Of a duration that was resolved. */
export function milliseconds(duration: Duration | undefined): number {
  if (duration === undefined) return 0;
  return duration.kind === 'seconds' ? Math.round(duration.seconds * 1000) : 0;
}
