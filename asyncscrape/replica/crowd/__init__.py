"""Ten thousand accounts in planted communities, who like, comment, repost and follow each other, beside the scene."""
