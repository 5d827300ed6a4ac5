-- Version 2: what the strict revision adds: a live address can be claimed once, a network knows for which unfinished
-- assignment it was made, and what could not be undone is queued.

alter table networks add column created_for integer references vm_instance (id) deferrable initially deferred;

alter table nics add column claim text;

create table cleanup_task (
  id integer primary key autoincrement,
  what text not null,
  resource_id integer not null
) strict;

create unique index nics_claim on nics (claim);
