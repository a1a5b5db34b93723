-- Oldest fill to be had of a trader whose read was put off because it is too young to judge, ms UTC.
ALTER TABLE trader_history ADD COLUMN reaches_from int8;
