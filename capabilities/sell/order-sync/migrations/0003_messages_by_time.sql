-- What a workspace was told, the latest first. Those that still wait are few and have an index of their own, so that the
-- intake, whose rows all begin as waiting, pays nothing for this one.
create index message_of_workspace on order_sync.message (workspace_id, id desc) where state <> 'received';
