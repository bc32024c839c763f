"""What programs demand of memory: the seeded stream, huge pages, stress-highalloc's builds."""
