-- A position that was closed because its coin goes on under another id: see coins.retired_at.
ALTER TYPE position_change_cause ADD VALUE 'new_precision';
