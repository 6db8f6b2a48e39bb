//! Who works in a community is known once a district, so that nothing is told of another one; what an account has read
//! since an instant is counted.

crate::change!(
    r"
DROP INDEX community_worker_once;
CREATE UNIQUE INDEX community_worker_once ON community_worker (id_number_blind, hired_on, substr(division, 1, 6))
    WHERE NOT voided;
CREATE INDEX person_access_account ON person_access (account_id, at);
"
);
