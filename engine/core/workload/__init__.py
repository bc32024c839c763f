"""What programs ask of memory: the seeded stream, huge pages, the builds of stress-highalloc."""
