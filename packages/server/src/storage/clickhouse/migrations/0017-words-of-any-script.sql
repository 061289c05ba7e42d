-- Words of texts in any script. The tokenizer ends a word at signs of ASCII only, and `lower` knows its letters only: “quoted” words, those around a dash and
-- those in capitals with an accent were not found. What is ASCII alone is read as before.

ALTER TABLE {{spans}} {{on cluster}} DROP INDEX IF EXISTS words_index;
ALTER TABLE {{spans}} {{on cluster}} MODIFY COLUMN words Array(String) ALIAS arrayMap(text -> if(isValidASCII(text), lower(text), replaceRegexpAll(lowerUTF8(text), '[^\\p{L}\\p{N}]+', ' ')), arrayConcat(
    [toString(name), status_message],
    mapValues(long_attributes),
    arrayFlatten(arrayMap(attributes_of_event -> mapValues(attributes_of_event), event_attributes))));
-- The texts as they are, for phrases.
ALTER TABLE {{spans}} {{on cluster}} ADD COLUMN IF NOT EXISTS lowered Array(String) ALIAS arrayMap(text -> lowerUTF8(text), arrayConcat(
    [toString(name), status_message],
    mapValues(long_attributes),
    arrayFlatten(arrayMap(attributes_of_event -> mapValues(attributes_of_event), event_attributes))));
ALTER TABLE {{spans}} {{on cluster}} ADD INDEX IF NOT EXISTS word_index arrayMap(text -> if(isValidASCII(text), lower(text), replaceRegexpAll(lowerUTF8(text), '[^\\p{L}\\p{N}]+', ' ')), arrayConcat(
    [toString(name), status_message],
    mapValues(long_attributes),
    arrayFlatten(arrayMap(attributes_of_event -> mapValues(attributes_of_event), event_attributes))))
    TYPE text(tokenizer = 'splitByNonAlpha', posting_list_codec = 'bitpacking');
ALTER TABLE {{spans}} {{on cluster}} MATERIALIZE INDEX word_index;

ALTER TABLE {{logs}} {{on cluster}} DROP INDEX IF EXISTS words_index;
ALTER TABLE {{logs}} {{on cluster}} MODIFY COLUMN words Array(String) ALIAS arrayMap(text -> if(isValidASCII(text), lower(text), replaceRegexpAll(lowerUTF8(text), '[^\\p{L}\\p{N}]+', ' ')), arrayConcat([body, toString(event_name)], mapValues(long_attributes)));
-- The texts as they are, for phrases.
ALTER TABLE {{logs}} {{on cluster}} ADD COLUMN IF NOT EXISTS lowered Array(String) ALIAS arrayMap(text -> lowerUTF8(text), arrayConcat([body, toString(event_name)], mapValues(long_attributes)));
ALTER TABLE {{logs}} {{on cluster}} ADD INDEX IF NOT EXISTS word_index arrayMap(text -> if(isValidASCII(text), lower(text), replaceRegexpAll(lowerUTF8(text), '[^\\p{L}\\p{N}]+', ' ')), arrayConcat([body, toString(event_name)], mapValues(long_attributes)))
    TYPE text(tokenizer = 'splitByNonAlpha', posting_list_codec = 'bitpacking');
ALTER TABLE {{logs}} {{on cluster}} MATERIALIZE INDEX word_index;

ALTER TABLE {{texts}} {{on cluster}} DROP INDEX IF EXISTS words_index;
ALTER TABLE {{texts}} {{on cluster}} ADD INDEX IF NOT EXISTS word_index if(isValidASCII(body), lower(body), replaceRegexpAll(lowerUTF8(body), '[^\\p{L}\\p{N}]+', ' '))
    TYPE text(tokenizer = 'splitByNonAlpha', posting_list_codec = 'bitpacking');
ALTER TABLE {{texts}} {{on cluster}} MATERIALIZE INDEX word_index;
