//! The auditor asks what changed a person: found by an index in place of reading every body.

crate::change!(
    r"
CREATE TABLE journal_person (
    person_id BIGINT NOT NULL,
    entry_id BIGINT NOT NULL,
    PRIMARY KEY (person_id, entry_id)
);
[postgres] INSERT INTO journal_person SELECT DISTINCT (changed ->> 'i')::bigint, entry.id
    FROM journal_entry entry, jsonb_array_elements(entry.body::jsonb -> 'rows') changed
    WHERE entry.kind = 'COMMAND' AND changed ->> 'a' = 'Person';
[sqlite] INSERT INTO journal_person SELECT DISTINCT json_extract(changed.value, '$.i'), entry.id
    FROM journal_entry entry, json_each(entry.body, '$.rows') changed
    WHERE entry.kind = 'COMMAND' AND json_extract(changed.value, '$.a') = 'Person';
"
);
