"""A session: its log, the thread that plays it, its clients and what they are sent."""
