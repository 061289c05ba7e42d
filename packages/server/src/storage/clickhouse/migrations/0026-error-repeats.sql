-- Which rows tell of one error again is settled by loads where they know it, and their questions and answers are numbers that loads give (load/error-repeats.ts). Rows of before keep theirs.
ALTER TABLE {{errors}} {{on cluster}} ADD COLUMN IF NOT EXISTS is_repeat UInt8;
ALTER TABLE {{errors}} {{on cluster}} ADD COLUMN IF NOT EXISTS asks Array(UInt64) DEFAULT arrayFilter(ask -> ask != 0, [ask_said, ask_own, ask_model, ask_tool]);
ALTER TABLE {{errors}} {{on cluster}} MODIFY COLUMN ask_said UInt64 DEFAULT 0;
ALTER TABLE {{errors}} {{on cluster}} MODIFY COLUMN ask_own UInt64 DEFAULT 0;
ALTER TABLE {{errors}} {{on cluster}} MODIFY COLUMN ask_model UInt64 DEFAULT 0;
ALTER TABLE {{errors}} {{on cluster}} MODIFY COLUMN ask_tool UInt64 DEFAULT 0;
ALTER TABLE {{errors}} {{on cluster}} MODIFY COLUMN answers Array(UInt64) DEFAULT [];
