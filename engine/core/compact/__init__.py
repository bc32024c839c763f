"""Compaction: suitability, the migrate and the free scanner, migration, and the scan hints."""
