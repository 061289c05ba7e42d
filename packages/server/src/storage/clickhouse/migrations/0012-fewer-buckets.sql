-- A trace reads every bucket of its maps, a filter on one key one of them: some four buckets for ten keys serve both, and merges take a fifth less.
ALTER TABLE {{spans}} {{on cluster}} MODIFY SETTING map_buckets_strategy = 'sqrt', map_buckets_coefficient = 1.3, map_buckets_min_avg_size = 4;
ALTER TABLE {{logs}} {{on cluster}} MODIFY SETTING map_buckets_strategy = 'sqrt', map_buckets_coefficient = 1.3, map_buckets_min_avg_size = 4;
ALTER TABLE {{metric_points}} {{on cluster}} MODIFY SETTING map_buckets_strategy = 'sqrt', map_buckets_coefficient = 1.3, map_buckets_min_avg_size = 4;
