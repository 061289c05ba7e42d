-- Rows by the texts they use. Words are looked for in the few texts that hold them, and then in the rows of these.
ALTER TABLE {{spans}} {{on cluster}} ADD INDEX IF NOT EXISTS text_ids_index text_ids TYPE text(tokenizer = 'array', posting_list_codec = 'bitpacking');
ALTER TABLE {{logs}} {{on cluster}} ADD INDEX IF NOT EXISTS text_ids_index text_ids TYPE text(tokenizer = 'array', posting_list_codec = 'bitpacking');
ALTER TABLE {{spans}} {{on cluster}} MATERIALIZE INDEX text_ids_index;
ALTER TABLE {{logs}} {{on cluster}} MATERIALIZE INDEX text_ids_index;

-- The engine did not see that this is what the index is over, and read every text.
ALTER TABLE {{texts}} {{on cluster}} DROP COLUMN IF EXISTS words;
