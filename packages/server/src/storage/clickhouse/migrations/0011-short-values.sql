-- Free text finds short values of attributes as a whole, in any case: 7 bytes a span. What looks like an id, a number or an address would be most
-- of the index (39 bytes) and is found by attribute_values_index. query/filter/compile-short-value.ts has the same rule.
-- Values stand between two signs, those that look so are cut out, and the rest is taken apart. No arrayFilter, whose lambda would have constants: the
-- engine cannot compute that for parts without the index beside parts with it.

ALTER TABLE {{spans}} {{on cluster}} ADD COLUMN IF NOT EXISTS short_values Array(String) ALIAS extractAll(replaceRegexpAll(concat('\x01', lower(arrayStringConcat(mapValues(attributes), '\x02\x01')), '\x02'), '\x01([^\x02]*([0-9]{6}|[0-9a-f-]{16})[^\x02]*|[0-9.:]*)\x02', ''), '\x01([^\x02]*)\x02');
ALTER TABLE {{spans}} {{on cluster}} ADD INDEX IF NOT EXISTS short_values_index extractAll(replaceRegexpAll(concat('\x01', lower(arrayStringConcat(mapValues(attributes), '\x02\x01')), '\x02'), '\x01([^\x02]*([0-9]{6}|[0-9a-f-]{16})[^\x02]*|[0-9.:]*)\x02', ''), '\x01([^\x02]*)\x02')
    TYPE text(tokenizer = 'array', posting_list_codec = 'bitpacking');
ALTER TABLE {{logs}} {{on cluster}} ADD COLUMN IF NOT EXISTS short_values Array(String) ALIAS extractAll(replaceRegexpAll(concat('\x01', lower(arrayStringConcat(mapValues(attributes), '\x02\x01')), '\x02'), '\x01([^\x02]*([0-9]{6}|[0-9a-f-]{16})[^\x02]*|[0-9.:]*)\x02', ''), '\x01([^\x02]*)\x02');
ALTER TABLE {{logs}} {{on cluster}} ADD INDEX IF NOT EXISTS short_values_index extractAll(replaceRegexpAll(concat('\x01', lower(arrayStringConcat(mapValues(attributes), '\x02\x01')), '\x02'), '\x01([^\x02]*([0-9]{6}|[0-9a-f-]{16})[^\x02]*|[0-9.:]*)\x02', ''), '\x01([^\x02]*)\x02')
    TYPE text(tokenizer = 'array', posting_list_codec = 'bitpacking');

-- In the background, for what is there already; meanwhile it is read.
ALTER TABLE {{spans}} {{on cluster}} MATERIALIZE INDEX short_values_index;
ALTER TABLE {{logs}} {{on cluster}} MATERIALIZE INDEX short_values_index;
