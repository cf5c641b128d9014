CREATE TABLE books (
    one {INT} NOT NULL PRIMARY KEY CHECK (one = 1),
    format {INT} NOT NULL,
    next_id {INT} NOT NULL
) {END};
INSERT INTO books (one, format, next_id) VALUES (1, 1, 1);

CREATE TABLE chains (
    id {ID},
    kind {INT} NOT NULL,
    url TEXT NOT NULL,
    genesis {BYTES} NOT NULL
) {END};

CREATE TABLE cursors (
    chain {INT} NOT NULL PRIMARY KEY REFERENCES chains (id),
    number {INT} NOT NULL,
    hash {BYTES} NOT NULL,
    finalized {INT}
) {END};

CREATE TABLE blocks (
    chain {INT} NOT NULL REFERENCES chains (id),
    number {INT} NOT NULL,
    hash {BYTES} NOT NULL,
    time {INT} NOT NULL,
    PRIMARY KEY (chain, number)
) {KEYED};

CREATE TABLE owners (
    id {ID},
    address {BYTES} NOT NULL UNIQUE
) {END};

CREATE TABLE tracked (
    chain {INT} NOT NULL REFERENCES chains (id),
    owner {INT} NOT NULL REFERENCES owners (id),
    label TEXT NOT NULL,
    role {INT} NOT NULL,
    from_block {INT} NOT NULL,
    behind {INT} NOT NULL,
    at_number {INT},
    at_hash {BYTES},
    PRIMARY KEY (chain, owner)
) {KEYED};

CREATE TABLE accounts (
    id {ID},
    chain {INT} NOT NULL REFERENCES chains (id),
    owner {INT} NOT NULL REFERENCES owners (id),
    token {BYTES} NOT NULL,
    position {BYTES} NOT NULL,
    balance TEXT NOT NULL,
    seen_block {INT},
    seen TEXT,
    UNIQUE (chain, owner, token, position)
) {END};

CREATE TABLE rules (
    id {ID},
    name TEXT NOT NULL UNIQUE
) {END};

CREATE TABLE transactions (
    id {ID},
    chain {INT} NOT NULL REFERENCES chains (id),
    block {INT} NOT NULL,
    place {INT} NOT NULL,
    hash {BYTES} NOT NULL
) {END};
CREATE INDEX transactions_by_hash ON transactions (hash);
CREATE INDEX transactions_by_block ON transactions (chain, block);

CREATE TABLE entries (
    id {ID},
    chain {INT} NOT NULL REFERENCES chains (id),
    block {INT} NOT NULL,
    time {INT} NOT NULL,
    tx {INT} REFERENCES transactions (id),
    log {INT},
    rule {INT} NOT NULL REFERENCES rules (id),
    why TEXT NOT NULL,
    lines {INT} NOT NULL,
    movement {BYTES}
) {END};
CREATE INDEX entries_by_block ON entries (chain, block);
CREATE INDEX entries_by_transaction ON entries (tx);
CREATE INDEX entries_by_movement ON entries (movement) WHERE movement IS NOT NULL;

CREATE TABLE lines (
    id {ID},
    entry {INT} NOT NULL,
    account {INT} NOT NULL REFERENCES accounts (id),
    owner {INT} NOT NULL,
    block {INT} NOT NULL,
    time {INT} NOT NULL,
    source {INT} NOT NULL,
    amount TEXT NOT NULL,
    balance TEXT NOT NULL
) {END};
CREATE INDEX lines_by_owner ON lines (owner, time, id);
CREATE INDEX lines_by_account ON lines (account, block, id);

CREATE TABLE totals (
    account {INT} NOT NULL REFERENCES accounts (id),
    day {INT} NOT NULL,
    source {INT} NOT NULL,
    amount TEXT NOT NULL,
    lines {INT} NOT NULL,
    PRIMARY KEY (account, day, source)
) {KEYED};
