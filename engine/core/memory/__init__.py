"""Pages, buddy allocator, per-CPU lists, LRU lists, watermarks."""
