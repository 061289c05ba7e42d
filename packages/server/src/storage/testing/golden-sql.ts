import type { TelemetrySignal } from '@sightline/schema/api';

const hexOf = (...columns: readonly string[]): string =>
  columns.map((column) => `lower(hex(${column})) AS ${column}`).join(', ');
const hexArrays = (...columns: readonly string[]): string =>
  columns.map((column) => `arrayMap(id -> lower(hex(id)), ${column}) AS ${column}`).join(', ');

/** Every column of every row of a project, ids in hex. */
export function goldenSql(signal: TelemetrySignal): string {
  const where = 'WHERE project = {project:String}';
  switch (signal) {
    case 'traces':
      return `SELECT * EXCEPT (project, received_time, stored_time) REPLACE (${hexOf('trace_id', 'span_id', 'parent_span_id')},
          ${hexArrays('text_ids', 'link_trace_ids', 'link_span_ids')})
        FROM spans ${where}`;
    case 'logs':
      return `SELECT * EXCEPT (project, received_time, stored_time, log_id) REPLACE (${hexOf('trace_id', 'span_id')}, ${hexArrays('text_ids')})
        FROM logs ${where}`;
    case 'metrics':
      return `SELECT * EXCEPT (project, received_time, stored_time) REPLACE (${hexArrays('exemplar_trace_ids', 'exemplar_span_ids')})
        FROM metric_points ${where}`;
  }
}
