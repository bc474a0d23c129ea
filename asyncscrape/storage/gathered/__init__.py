"""Tables that several workers fill and one of them makes: what they write is gathered as objects in S3."""
