-- Records whose account value the trades did not explain were read before takeovers by the backstop were: a part of them
-- is explained now. They are read again from the venue when they are due, instead of being carried on as they are.
UPDATE trader_records r SET format = 0 FROM trader_history h
WHERE h.trader_id = r.trader_id AND h.reconciled IS FALSE;
