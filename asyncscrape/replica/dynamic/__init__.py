"""A site of pages that only exist once their scripts have run."""
