-- Nothing looks for changes by time alone: readers come by offset or by trader. The summary cost the writer a tenth of
-- a row.
DROP INDEX position_changes_time;
