-- What is known of each file that was ever looked at, and the batches in which it was.

create schema media_metadata;

-- One row per place (path, link, upload). Its id is made of workspace and location, so two batches meet in it.
create table media_metadata.file (
  workspace_id     text not null,
  file_id          text not null,
  kind             text not null,
  location         text not null,
  file_name        text not null,
  -- The stamp: as long as it holds, the file is not opened again. Null: look again next time.
  size_bytes       bigint,
  modified_ns      text,
  inode            text,
  etag             text,
  content_hash     text,
  has_gps          boolean not null default false,
  verdict          text not null,
  reason           text,
  detail           text,
  findings         jsonb not null default '[]',
  record           jsonb,
  -- Out of the record, for lists and charts.
  media_kind       text,
  orientation      text,
  width            integer,
  height           integer,
  duration_seconds double precision,
  first_seen_at    timestamptz not null,
  looked_at        timestamptz not null,
  primary key (workspace_id, file_id)
);
create index file_newest on media_metadata.file (workspace_id, looked_at desc, file_id desc);
create index file_by_content on media_metadata.file (workspace_id, content_hash) where content_hash is not null;
create index file_by_verdict on media_metadata.file (workspace_id, verdict, reason);

-- What the programs said, word for word. Apart, because lists never need it.
create table media_metadata.raw (
  workspace_id text not null,
  file_id      text not null,
  ffprobe      jsonb,
  tags         jsonb,
  primary key (workspace_id, file_id)
);

create table media_metadata.batch (
  workspace_id text not null,
  batch_id     text not null,
  -- Of sources and options: the same command finds its unfinished batch again.
  batch_key    text not null,
  sources      jsonb not null,
  wants_gps    boolean not null,
  is_fresh     boolean not null,
  any_path     boolean not null,
  concurrency  integer not null,
  state        text not null default 'waiting',
  is_expanded  boolean not null default false,
  total        integer,
  done         integer not null default 0,
  ready        integer not null default 0,
  warning      integer not null default 0,
  blocked      integer not null default 0,
  bad          integer not null default 0,
  cached       integer not null default 0,
  started_by   text not null,
  created_at   timestamptz not null,
  -- Of the run under way: rate and time left are its own, not those of the days in between.
  run_at       timestamptz,
  run_done     integer not null default 0,
  ended_at     timestamptz,
  primary key (workspace_id, batch_id)
);
create unique index batch_one_at_work on media_metadata.batch (workspace_id, batch_key) where ended_at is null;
create index batch_unended on media_metadata.batch (batch_id) where ended_at is null;

create table media_metadata.item (
  workspace_id text not null,
  batch_id     text not null,
  seq          integer not null,
  file_id      text not null,
  kind         text not null,
  location     text not null,
  is_done      boolean not null default false,
  -- Looked at again whatever is known: a person asked for it.
  is_again     boolean not null default false,
  is_cached    boolean,
  verdict      text,
  reason       text,
  detail       text,
  primary key (workspace_id, batch_id, seq)
);
create index item_pending on media_metadata.item (workspace_id, batch_id, seq) where not is_done;
create index item_of_file on media_metadata.item (workspace_id, file_id);

-- A workspace's own rules of readiness; without a row the settings hold.
create table media_metadata.preset (
  workspace_id text not null primary key,
  preset       jsonb not null,
  changed_at   timestamptz not null,
  changed_by   text not null
);

create table media_metadata.upload (
  workspace_id   text not null,
  upload_id      text not null,
  file_name      text not null,
  size_bytes     bigint not null,
  received_bytes bigint not null default 0,
  created_at     timestamptz not null,
  primary key (workspace_id, upload_id)
);
