"""Why a pageblock is not free, and who could empty it: answers from a guest that is only read."""
