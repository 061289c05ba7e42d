-- How many days back guests with a link may choose a range from; null: the range of the dashboard, and no other.
ALTER TABLE dashboard_links ADD COLUMN range_days_max integer;
