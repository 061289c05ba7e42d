-- A page of a list opens with its default view: the one of the browser, else that of the project.
ALTER TABLE saved_views ADD COLUMN is_default boolean NOT NULL DEFAULT false;

-- Who lists a dashboard: what a browser calls itself; empty: everybody in the project. Its address shows it to all who read the project.
ALTER TABLE dashboards ADD COLUMN owner text NOT NULL DEFAULT '';
