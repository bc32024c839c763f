"""What runs when the free lists do not suffice: reclaim, kswapd, kcompactd, direct compaction."""
