-- Experiments of programs have a lease as well: lease_owner is the program that says it is there, NULL where none says so. Where the lease is over, the
-- experiment is stopped.
UPDATE experiments SET leased_until = now() + interval '1 day' WHERE state = 'running' AND target ->> 'kind' = 'program';

CREATE INDEX experiments_leased ON experiments (leased_until) WHERE state = 'running';
