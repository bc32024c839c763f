"""Work beside a session: its log under other seeds, call traces."""
