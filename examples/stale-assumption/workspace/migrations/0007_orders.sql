alter table orders add column user_id integer references users(id);
