-- Bodies of log records that carry messages repeat what was said before. The bodies of a granule, which are read together anyway, become one
-- block, and what repeats is looked for in all of it.

ALTER TABLE {{logs}} {{on cluster}} MODIFY COLUMN body String CODEC(ZSTD(1, 24)) SETTINGS (max_compress_block_size = 16777216);
