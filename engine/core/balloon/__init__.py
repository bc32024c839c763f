"""The balloon: inflation, deflation, its own compaction pass, gathering into whole pageblocks."""
