"""The balloon: inflating, deflating, the pass of its own, gathering into whole pageblocks."""
