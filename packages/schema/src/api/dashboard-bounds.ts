/** Without a library of schemas: what draws dashboards and pins charts needs the numbers alone. */
export const panelQueriesMax = 6;
export const dashboardColumns = 12;
