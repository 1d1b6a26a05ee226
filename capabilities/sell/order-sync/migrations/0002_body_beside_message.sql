-- Nearly every push has one message: its body lies beside it, and one row is written instead of two. `post` keeps the bodies
-- that several messages share. The signature can be made again from the body: it is not kept.
alter table order_sync.message add column body text;
alter table order_sync.message alter column post_id drop not null;
alter table order_sync.post drop column signature;
