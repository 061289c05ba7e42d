-- Not only rules of alerts are looked after by one server at a time.
ALTER TABLE alert_leases RENAME TO leases;
