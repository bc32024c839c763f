"""Requests for a range of pageblocks: isolation, memory offlining, contiguous allocation."""
