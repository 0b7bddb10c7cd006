-- The last event applied, as 'position id': in another epoch it tells whether the history is still the one that was read. Null until something is applied.
alter table $prefix$feed_cursor add column last_event text;
