-- The buyer first: by an index that begins with the sale, a planner without statistics reads all attempts of a sale rather
-- than those of a few buyers, and in the first minute of a sale it has none.
drop index flash_sale.attempt_of_buyer;
create index attempt_of_buyer on flash_sale.attempt (buyer_id, sale_id);
